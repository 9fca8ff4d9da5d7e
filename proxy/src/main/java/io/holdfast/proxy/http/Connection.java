package io.holdfast.proxy.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.netty.util.concurrent.Future;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection: takes a request whole, has it answered, and only then the next. Lives on the loop {@code http}.
 */
final class Connection extends SimpleChannelInboundHandler<HttpObject> {
    private static final Logger log = LoggerFactory.getLogger(Connection.class);

    static final int BODY_BYTES_MAX = 1024 * 1024;
    /** From the answer before, or connecting, to the end of a request: who is idle, or slow on purpose, goes. */
    static final int REQUEST_SECONDS_MAX = 30;
    /** How long what still comes is thrown away, when a request was refused before its end. */
    private static final int LINGER_MS = 1_000;

    private final Routes routes;
    private final Gate gate;
    private final Engine engine;
    private final ByteArrayOutputStream body = new ByteArrayOutputStream();
    private @Nullable HttpRequest head;
    private @Nullable Errand errand;
    private @Nullable Future<?> overdue;
    private boolean refused;

    Connection(Routes routes, Gate gate, Engine engine) {
        this.routes = routes;
        this.gate = gate;
        this.engine = engine;
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        awaitRequest(ctx);
    }

    private void awaitRequest(ChannelHandlerContext ctx) {
        overdue = ctx.executor()
                .schedule(
                        () -> {
                            if (head == null) {
                                ctx.close();
                            } else {
                                refuse(
                                        ctx,
                                        Answer.error(
                                                408, "the request was not there within " + REQUEST_SECONDS_MAX + " s"));
                            }
                        },
                        REQUEST_SECONDS_MAX,
                        TimeUnit.SECONDS);
    }

    // ---- in

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, HttpObject part) {
        if (refused) {
            return; // what still comes is not looked at: the connection is being closed
        }
        if (part.decoderResult().isFailure()) {
            refuse(ctx, unreadable(part.decoderResult().cause()));
            return;
        }
        try {
            if (part instanceof HttpRequest request) {
                begin(ctx, request);
            }
            if (part instanceof HttpContent content) {
                add(content.content());
            }
        } catch (Refusal refusal) {
            refuse(ctx, refusal.answer());
            return;
        }
        if (part instanceof LastHttpContent && head != null) {
            complete(ctx, head);
        }
    }

    private static Answer unreadable(Throwable why) {
        if (why instanceof TooLongHttpLineException) {
            return Answer.error(414, "the request line is longer than " + HttpServer.LINE_BYTES_MAX + " bytes");
        } else if (why instanceof TooLongHttpHeaderException) {
            return Answer.error(431, "the headers are longer than " + HttpServer.HEADER_BYTES_MAX + " bytes");
        } else if (why instanceof TooLongFrameException) {
            return Answer.error(413, "the request is too long");
        }
        return Answer.error(400, "this is no HTTP/1.1 request: " + why.getMessage());
    }

    private void begin(ChannelHandlerContext ctx, HttpRequest request) {
        head = request;
        body.reset();
        if (!request.protocolVersion().equals(HttpVersion.HTTP_1_1)
                && !request.protocolVersion().equals(HttpVersion.HTTP_1_0)) {
            throw new Refusal(Answer.error(505, "HTTP/1.1 is spoken here"));
        }
        gate.check(request, (InetSocketAddress) ctx.channel().localAddress());
        if (HttpUtil.getContentLength(request, 0L) > BODY_BYTES_MAX) {
            throw tooLarge();
        }
        if (HttpUtil.is100ContinueExpected(request)) {
            ctx.writeAndFlush(new DefaultFullHttpResponse(
                    HttpVersion.HTTP_1_1, HttpResponseStatus.CONTINUE, Unpooled.EMPTY_BUFFER));
        } else if (request.headers().contains(HttpHeaderNames.EXPECT)) {
            throw new Refusal(Answer.error(417, "the only expectation that is met is 100-continue"));
        }
    }

    private static Refusal tooLarge() {
        return new Refusal(Answer.error(413, "a body has " + BODY_BYTES_MAX + " bytes at most"));
    }

    private void add(ByteBuf content) {
        if (body.size() + content.readableBytes() > BODY_BYTES_MAX) {
            throw tooLarge();
        }
        try {
            content.readBytes(body, content.readableBytes());
        } catch (IOException e) {
            throw new IllegalStateException("memory cannot be written to", e);
        }
    }

    private void complete(ChannelHandlerContext ctx, HttpRequest request) {
        if (overdue != null) {
            overdue.cancel(false);
        }
        ctx.channel().config().setAutoRead(false);
        var local = (InetSocketAddress) ctx.channel().localAddress();
        var remote = (InetSocketAddress) ctx.channel().remoteAddress();
        var now = new Errand(engine, ctx.channel().eventLoop(), text(remote), text(local));
        errand = now;
        var unused = routes.answer(request, body.toByteArray(), now).whenComplete((answer, failure) -> {
            now.end();
            errand = null;
            answer(ctx, request, failure == null ? answer : Routes.answerTo(failure), HttpUtil.isKeepAlive(request));
        });
    }

    private static String text(InetSocketAddress address) {
        return address.getAddress().getHostAddress() + ":" + address.getPort();
    }

    // ---- out

    /** Answers what has not been read whole, or cannot be, so nothing behind it can be read either. */
    private void refuse(ChannelHandlerContext ctx, Answer answer) {
        refused = true;
        if (overdue != null) {
            overdue.cancel(false);
        }
        ctx.writeAndFlush(responseTo(head, answer, false)).addListener(written -> {
            // A socket that is closed while something is still to be read from it takes the answer back.
            if (ctx.channel() instanceof DuplexChannel socket && socket.isActive()) {
                socket.shutdownOutput();
            }
        });
        ctx.executor().schedule(() -> ctx.close(), LINGER_MS, TimeUnit.MILLISECONDS);
    }

    private static FullHttpResponse responseTo(@Nullable HttpRequest request, Answer answer, boolean keepAlive) {
        FullHttpResponse response = response(answer);
        HttpVersion version = request == null ? HttpVersion.HTTP_1_1 : request.protocolVersion();
        HttpUtil.setKeepAlive(response.headers(), version, keepAlive);
        return response;
    }

    private void answer(ChannelHandlerContext ctx, HttpRequest to, Answer answer, boolean keepAlive) {
        head = null;
        body.reset();
        var written = ctx.writeAndFlush(responseTo(to, answer, keepAlive));
        if (keepAlive) {
            awaitRequest(ctx);
            ctx.channel().config().setAutoRead(true);
        } else {
            written.addListener(ChannelFutureListener.CLOSE);
        }
    }

    static FullHttpResponse response(Answer answer) {
        ByteBuf json;
        try {
            byte[] text = Json.STRICT.writeValueAsBytes(answer.body());
            json = Unpooled.wrappedBuffer(text, new byte[] {'\n'});
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("an answer cannot be written", e);
        }
        FullHttpResponse response =
                new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(answer.status()), json);
        response.headers()
                .set(HttpHeaderNames.CONTENT_TYPE, HttpHeaderValues.APPLICATION_JSON)
                .setInt(HttpHeaderNames.CONTENT_LENGTH, json.readableBytes())
                .set(HttpHeaderNames.CACHE_CONTROL, HttpHeaderValues.NO_STORE)
                .set("X-Content-Type-Options", "nosniff");
        answer.headers().forEach((name, value) -> response.headers().set(name, value));
        return response;
    }

    // ---- the end

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        if (overdue != null) {
            overdue.cancel(false);
        }
        if (errand != null) {
            errand.end();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (cause instanceof IOException) {
            log.debug("A client of HTTP went: {}", cause.getMessage());
        } else {
            log.error("A client of HTTP is cut off after an error of ours: please report it", cause);
        }
        ctx.close();
    }

    /** What is answered to HEAD is what GET would get. */
    static String method(HttpRequest request) {
        return request.method().equals(HttpMethod.HEAD)
                ? HttpMethod.GET.name()
                : request.method().name();
    }
}
