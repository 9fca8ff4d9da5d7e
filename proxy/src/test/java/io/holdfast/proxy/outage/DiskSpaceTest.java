package io.holdfast.proxy.outage;

import static io.holdfast.proxy.outage.Rig.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.holdfast.proxy.ProxyConfig;
import io.holdfast.proxy.ProxyServer;
import io.holdfast.proxy.StartupException;
import io.holdfast.testing.RespClient;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Too little room: on a disk that is full, and in a directory that may not grow. */
class DiskSpaceTest {
    private static final String MEGABYTE = "v".repeat(1 << 20);

    @Test
    void whatIsConfirmedMakesRoomAndWhatIsNotStays(@TempDir Path dataDir) throws Exception {
        try (var rig = Rig.with(dataDir, config -> config.withMaxSizeMb(50))) {
            RespClient client = rig.client();
            rig.goOffline();
            for (int i = 0; i < 20; i++) {
                client.call("SET", "k" + i, MEGABYTE);
            }
            look(client);
            awaitInfo(client, "condition:disk-full"); // the reserve, the journal, and the tables by now

            assertThat(text(client.call("SET", "one more", "v")))
                    .startsWith("-DISKFULL writes are refused, reads go on: ")
                    .endsWith(" MB of the 50 MB it may");
            assertThat(text(client.call("EVAL", "return redis.call('SET', KEYS[1], 'v')", "1", "one more")))
                    .contains("DISKFULL");
            assertThat(text(client.call("STRLEN", "k0"))).isEqualTo("1048576");
            assertThat(text(client.call("EXPIRE", "k0", "1000"))).isEqualTo("1");
            rig.goOnline();
            look(client);
            awaitInfo(client, "disk:ok");

            rig.goOffline();
            assertThat(text(client.call("SET", "one more", "v"))).isEqualTo("OK");
            assertThat(text(rig.direct().call("DBSIZE"))).isEqualTo("21"); // with the cursor
            assertThat(text(rig.direct().call("STRLEN", "k19"))).isEqualTo("1048576");
        }
    }

    @Test
    void idleCopiesGoWhileTheUpstreamHasThemAndStayWhileItIsAway(@TempDir Path dataDir) throws Exception {
        try (var rig = Rig.with(dataDir, config -> config.withRetentionDays(0))) {
            RespClient client = rig.client();
            client.call("SET", "k", "v");

            assertThat(text(client.call("HOLDFAST", "CLEANUP"))).contains("copies, 1,");
            assertThat(text(client.call("APPEND", "k", "w"))).isEqualTo("2"); // and is copied again
            assertThat(text(client.call("GET", "k"))).isEqualTo("vw"); // behind which the copy is there
            rig.goOffline();
            assertThat(text(client.call("HOLDFAST", "CLEANUP"))).contains("copies, 0,");
            assertThat(text(client.call("GET", "k"))).isEqualTo("vw");
        }
    }

    @Test
    void whatWasDeletedGoesBackToTheDisk(@TempDir Path dataDir) throws StartupException {
        try (var server = ProxyServer.start(ProxyConfig.of(dataDir, null).withMaxSizeMb(60));
                var client = RespClient.connect(server.port())) {
            for (int i = 0; i < 30; i++) {
                client.call("SET", "k" + i, MEGABYTE);
            }
            client.call("SAVE");
            client.call("FLUSHALL");
            client.call("SAVE");

            assertThat(text(client.call("HOLDFAST", "CLEANUP"))).matches(".*storage_bytes, 3[0-9]{7}.*");

            assertThat(dataDir.resolve("storage.db").toFile().length()).isLessThan(1 << 20);
            assertThat(text(client.call("SET", "k", "v"))).isEqualTo("OK");
        }
    }

    @Test
    void aFullDiskRefusesWritesLosesNothingAndRecovers(@TempDir Path mountPoint) throws Exception {
        try (var disk = SmallDisk.mount(mountPoint, 120)) {
            Path dataDir = mountPoint.resolve("data");
            try (var server = ProxyServer.start(ProxyConfig.of(dataDir, null));
                    var client = RespClient.connect(server.port())) {
                look(client);
                assertThat(text(client.call("SET", "before", "v"))).isEqualTo("OK");
                disk.fill();

                // Nobody has looked since: the commit itself finds the disk full.
                assertThat(text(client.call("SET", "in place of the reserve", MEGABYTE)))
                        .isEqualTo("OK");
                assertThat(text(client.call("SET", "too late", "v")))
                        .startsWith("-DISKFULL writes are refused, reads go on: ");
                assertThat(text(client.call("DEL", "before"))).startsWith("-DISKFULL ");
                assertThat(text(client.call("GET", "before"))).isEqualTo("v");

                disk.free();
                look(client);
                assertThat(text(client.call("SET", "after", "v"))).isEqualTo("OK");
            }
            try (var server = ProxyServer.start(ProxyConfig.of(dataDir, null));
                    var client = RespClient.connect(server.port())) {
                assertThat(text(client.call("STRLEN", "in place of the reserve")))
                        .isEqualTo("1048576");
                assertThat(text(client.call("MGET", "before", "too late", "after")))
                        .isEqualTo("[v, nil, v]");
            }
        }
    }

    @Test
    void writesStopBeforeTheDiskIsFull(@TempDir Path mountPoint) throws Exception {
        try (var disk = SmallDisk.mount(mountPoint, 120)) {
            try (var server = ProxyServer.start(ProxyConfig.of(mountPoint.resolve("data"), null));
                    var client = RespClient.connect(server.port())) {
                client.call("SET", "k", "v");
                disk.fill(60);
                look(client);

                assertThat(text(client.call("SET", "k", "w")))
                        .contains("DISKFULL")
                        .contains("MB are free on the disk of");
                assertThat(text(client.call("DEL", "k"))).isEqualTo("1");
                assertThat(text(client.call("INFO", "holdfast"))).contains("disk:full\r\n");
            }
        }
    }

    /** What is done each second anyhow, now. */
    private static void look(RespClient client) {
        assertThat(text(client.call("HOLDFAST", "CLEANUP"))).contains("journal_bytes");
    }

    private static void awaitInfo(RespClient client, String line) {
        await().atMost(Rig.PATIENCE).pollInterval(20, TimeUnit.MILLISECONDS).until(() -> {
            look(client);
            return text(client.call("INFO", "holdfast")).contains(line + "\r\n");
        });
    }

    /** A file system in memory. */
    private record SmallDisk(Path mountPoint) implements AutoCloseable {
        /** Where only the superuser can make one, the test is skipped. */
        static SmallDisk mount(Path at, int megabytes) {
            assumeTrue(
                    run("mount", "-t", "tmpfs", "-o", "size=" + megabytes + "m", "tmpfs", at.toString()),
                    "no file system can be mounted here");
            return new SmallDisk(at);
        }

        private static boolean run(String... command) {
            try {
                Process process =
                        new ProcessBuilder(command).redirectErrorStream(true).start();
                return process.onExit().join().exitValue() == 0;
            } catch (IOException e) {
                return false; // there is no such program
            }
        }

        /** Takes everything that is left. */
        void fill() throws IOException {
            try (OutputStream ballast = Files.newOutputStream(ballast())) {
                while (Files.getFileStore(mountPoint).getUsableSpace() > 0) {
                    ballast.write(new byte[1 << 12]);
                }
            }
        }

        void fill(int megabytes) throws IOException {
            Files.write(ballast(), new byte[megabytes << 20]);
        }

        void free() throws IOException {
            Files.delete(ballast());
        }

        private Path ballast() {
            return mountPoint.resolve("ballast");
        }

        /** Who has a file there yet, or just looks at it, keeps it busy for that moment. */
        @Override
        public void close() {
            await().atMost(Rig.PATIENCE)
                    .pollDelay(Duration.ZERO)
                    .pollInterval(20, TimeUnit.MILLISECONDS)
                    .until(() -> run("umount", mountPoint.toString()));
        }
    }
}
