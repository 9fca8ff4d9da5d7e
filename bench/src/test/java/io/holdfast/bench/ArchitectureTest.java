package io.holdfast.bench;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaAccess.Predicates.target;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.equivalentTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.name;
import static com.tngtech.archunit.core.domain.properties.HasOwner.Predicates.With.owner;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * The directions that the design draws: between modules, and between the packages of a module. A package may use the
 * packages that its rule names, itself and libraries; what is below never knows what is above.
 */
final class ArchitectureTest {
    private static final String BASE = "io.holdfast.";
    private static final JavaClasses ALL = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            // The test-jar that the modules share is on this class path too.
            .withImportOption(location -> !location.contains("-tests.jar!"))
            .importPackages("io.holdfast");

    /** Where clocks, randomness and processes are handed to those who need them. */
    private static final List<String> WIRING = List.of("proxy.Platform");

    /** Monotonic time only, for the age of a request or of a phase. */
    private static final List<String> STOPWATCHES = List.of(
            "sync.replay.DeadlineSocket",
            "proxy.EngineParts",
            "proxy.BusyPoll",
            "proxy.PumpedIo",
            "engine.script.ScriptEngine",
            "engine.script.ScriptRun");

    // ---- modules

    @Test
    void theWireKnowsNoCommand() {
        mayUse("resp..");
    }

    @Test
    void theEngineKnowsTheWireAlone() {
        mayUse("engine..", "resp..");
    }

    @Test
    void syncKnowsTheEngineAndTheWire() {
        mayUse("sync..", "engine..", "resp..");
    }

    @Test
    void nobodyKnowsTheBenchmarks() {
        mayUse("proxy..", "sync..", "engine..", "resp..");
    }

    // ---- inside the engine

    @Test
    void rulesAndValuesKnowNeitherKeysNorCommands() {
        mayUse("engine.rule", "resp");
        mayUse("engine.value", "engine.rule", "resp");
        mayUse("engine.rdb", "engine.value", "engine.rule", "resp");
    }

    @Test
    void theKeyspaceKnowsValuesAndNoCommand() {
        mayUse("engine.keyspace", "engine.value", "engine.rule", "resp");
    }

    @Test
    void channelsKnowNoCommand() {
        mayUse("engine.pubsub", "engine.rule", "resp");
    }

    @Test
    void theCommandTableKnowsNoFamilyAndNoDisk() {
        mayUse(
                "engine.command",
                "engine.config",
                "engine.keyspace",
                "engine.pubsub",
                "engine.value",
                "engine.rule",
                "resp");
    }

    @Test
    void aFamilyKnowsTheTableAndValuesButNeitherExecutorNorDisk() {
        mayUse(
                "engine.family",
                "engine.command",
                "engine.config",
                "engine.keyspace",
                "engine.pubsub",
                "engine.rdb",
                "engine.value",
                "engine.rule",
                "resp");
    }

    @Test
    void failpointsKnowNothing() {
        mayUse("engine.failpoint");
    }

    @Test
    void profilesKnowNoCommandAndNoDatabase() {
        mayUse("engine.profile", "engine.rule");
    }

    @Test
    void scriptsKnowTheTableAndNoFamily() {
        mayUse("engine.script", "engine.command", "engine.config", "engine.keyspace", "engine.rule", "resp");
    }

    @Test
    void onlyScriptsUseLua() {
        noClasses()
                .that(not(resideInAPackage(BASE + "engine.script")))
                .should()
                .dependOnClassesThat()
                .resideInAPackage("party.iroiro..")
                .check(ALL);
    }

    @Test
    void onlyTheStoreAndTheJournalSpeakSql() {
        noClasses()
                .that(not(resideInAnyPackage(BASE + "engine.store", BASE + "sync.journal")))
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("java.sql..", "org.sqlite..")
                .check(ALL);
    }

    /** And what asks a redis-server for facts, which is no part of the server. */
    @Test
    void onlyReplayUsesJedis() {
        noClasses()
                .that(not(resideInAnyPackage(BASE + "sync.replay", BASE + "bench")))
                .should()
                .dependOnClassesThat()
                .resideInAPackage("redis.clients..")
                .check(ALL);
    }

    @Test
    void onlyTheProxyHasSockets() {
        noClasses()
                .that(not(resideInAPackage(BASE + "proxy..")))
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.netty.channel..", "io.netty.bootstrap..", "io.netty.handler..")
                .check(ALL);
    }

    // ---- inside the proxy

    @Test
    void upstreamLinksKnowNoClient() {
        // A link is the mirror's way upstream too; who waits for its upstream connects as replay does.
        mayUse("proxy.upstream", "proxy.tls", "sync.mirror", "sync.replay", "resp");
    }

    @Test
    void encryptionKnowsNeitherClientsNorLinks() {
        mayUse("proxy.tls", "sync.replay", "engine.config");
    }

    @Test
    void clientsDoNotDecideWhereTheyAreRouted() {
        mayUse("proxy.client", "proxy.upstream", "engine..", "resp");
    }

    @Test
    void routingKnowsNoAdministration() {
        mayUse("proxy.routing", "proxy.client", "proxy.upstream", "sync..", "engine..", "resp");
    }

    @Test
    void theTableOfSettingsKnowsNoServer() {
        mayUse("proxy.config", "proxy.upstream", "proxy.tls", "sync..", "engine..", "resp");
    }

    @Test
    void administrationDoesNotReachIntoTraffic() {
        noClasses()
                .that()
                .resideInAPackage(BASE + "proxy.admin")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(BASE + "proxy.client", BASE + "proxy.routing")
                .check(ALL);
    }

    @Test
    void httpIsAClientThatDecidesNothing() {
        mayUse("proxy.http", "proxy.client", "proxy.upstream", "engine..", "resp");
    }

    @Test
    void onlyHttpSpeaksHttp() {
        noClasses()
                .that(not(resideInAPackage(BASE + "proxy.http")))
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.netty.handler.codec.http..")
                .check(ALL);
    }

    // ---- everywhere

    @Test
    void packagesFormNoCycles() {
        slices().matching("io.holdfast.(**)")
                .should()
                .beFreeOfCycles()
                // The failure that a journal may throw is the store's, which checkpoints that journal.
                .ignoreDependency(
                        resideInAPackage(BASE + "engine.exec"), equivalentTo(type("engine.store.StorageException")))
                // A configuration file is read into the configuration of the server that wires everything.
                .ignoreDependency(resideInAPackage(BASE + "proxy.admin"), resideInAPackage(BASE + "proxy"))
                .check(ALL);
    }

    @Test
    void wallClocksAreReadInTheWiringAlone() {
        noClasses()
                .that(not(named(WIRING)))
                .and(not(resideInAPackage(BASE + "bench")))
                .should()
                .accessTargetWhere(target(owner(equivalentTo(System.class))).and(target(name("currentTimeMillis"))))
                .check(ALL);
    }

    @Test
    void stopwatchesAreFew() {
        var allowed = new ArrayList<>(WIRING);
        allowed.addAll(STOPWATCHES);
        noClasses()
                .that(not(named(allowed)))
                .and(not(resideInAPackage(BASE + "bench")))
                .should()
                .accessTargetWhere(target(owner(equivalentTo(System.class))).and(target(name("nanoTime"))))
                .check(ALL);
    }

    @Test
    void nothingStaticChanges() {
        fields().that().areStatic().should().beFinal().check(ALL);
    }

    @Test
    void thereIsOneWayToLog() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAPackage("java.util.logging..")
                .check(ALL);
    }

    @Test
    void namesSayWhatAThingIs() {
        classes()
                .should()
                .haveSimpleNameNotEndingWith("Util")
                .andShould()
                .haveSimpleNameNotEndingWith("Utils")
                .andShould()
                .haveSimpleNameNotEndingWith("Helper")
                .andShould()
                .haveSimpleNameNotEndingWith("Manager")
                .andShould()
                .haveSimpleNameNotEndingWith("Impl")
                .check(ALL);
    }

    @Test
    void everyModuleIsLookedAt() {
        assertThat(ALL.stream().map(JavaClass::getPackageName))
                .contains(BASE + "resp", BASE + "engine", BASE + "sync.journal", BASE + "sync.replay", BASE + "proxy");
    }

    // ----

    /** Of all that is Holdfast's, {@code user} uses itself and {@code used}; packages are named below the base. */
    private static void mayUse(String user, String... used) {
        String[] allowed = new String[used.length + 1];
        allowed[0] = BASE + user;
        for (int i = 0; i < used.length; i++) {
            allowed[i + 1] = BASE + used[i];
        }
        classes()
                .that()
                .resideInAPackage(BASE + user)
                .should()
                .onlyDependOnClassesThat(resideInAnyPackage(allowed).or(not(resideInAPackage("io.holdfast.."))))
                .check(ALL);
    }

    private static Class<?> type(String name) {
        return ALL.get(BASE + name).reflect();
    }

    /** A class of that name, or one nested in it. */
    private static DescribedPredicate<JavaClass> named(List<String> names) {
        return DescribedPredicate.describe(
                "one of " + names,
                candidate -> names.stream()
                        .map(BASE::concat)
                        .anyMatch(each -> candidate.getName().equals(each)
                                || candidate.getName().startsWith(each + "$")));
    }
}
