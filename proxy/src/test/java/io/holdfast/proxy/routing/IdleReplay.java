package io.holdfast.proxy.routing;

/** Never gets on. */
final class IdleReplay implements Replay {
    @Override
    public void start() {}

    @Override
    public void startBeside() {}

    @Override
    public void gentle(boolean now) {}

    @Override
    public void wake() {}

    @Override
    public long confirmed() {
        return 0;
    }

    @Override
    public void finish() {}

    @Override
    public void stop() {}
}
