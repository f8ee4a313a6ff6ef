import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.MongoVersion;
import de.bwaldvogel.mongo.backend.CursorRegistry;
import de.bwaldvogel.mongo.backend.Index;
import de.bwaldvogel.mongo.backend.IndexKey;
import de.bwaldvogel.mongo.backend.memory.MemoryBackend;
import de.bwaldvogel.mongo.backend.memory.MemoryDatabase;
import de.bwaldvogel.mongo.backend.memory.index.MemoryUniqueIndex;
import de.bwaldvogel.mongo.bson.Document;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import org.elasticmq.rest.sqs.SQSRestServerBuilder;
import org.opensearch.common.settings.Settings;
import org.opensearch.env.Environment;
import org.opensearch.http.HttpServerTransport;
import org.opensearch.node.Node;
import org.opensearch.plugins.Plugin;

/**
 * OpenSearch, an SQS server and a MongoDB-protocol server in one JVM, on free ports of one address.
 *
 * Usage: java -cp 'classes:lib/*' Engines DATA_DIR [HOST]. Prints one line a server, then READY; stops when standard
 * input closes.
 */
public final class Engines {
    /** The Rust driver refuses servers older than wire version 9; the server's own enum stops at 8. */
    private enum Wire implements MongoVersion {
        MODERN;

        @Override public List<Integer> getVersionArray() { return List.of(5, 0, 0); }
        @Override public int getWireVersion() { return 13; }
    }

    /**
     * A database that looks a document up by its key also when the query has other conditions, as MongoDB does. The
     * original goes through the whole collection then: 8 ms a statement with 10,000 documents. Each document that is
     * found is held against the whole query in any case.
     */
    private static final class KeyedDatabase extends MemoryDatabase {
        KeyedDatabase(String name, CursorRegistry cursors) {
            super(name, cursors);
        }

        @Override
        protected Index<Integer> openOrCreateUniqueIndex(
            String collection, String name, List<IndexKey> keys, boolean sparse
        ) {
            return new MemoryUniqueIndex(name, keys, sparse) {
                private Document ofKey(Document query) {
                    if (keys.size() != 1 || !query.containsKey(keys.get(0).getKey())) {
                        return query;
                    }
                    String key = keys.get(0).getKey();
                    return new Document(key, query.get(key));
                }

                @Override public boolean canHandle(Document query) {
                    return super.canHandle(ofKey(query));
                }

                @Override public Iterable<Integer> getPositions(Document query) {
                    return super.getPositions(ofKey(query));
                }
            };
        }
    }

    /** A node without the launcher's root check and security manager. */
    private static final class LocalNode extends Node {
        LocalNode(Settings settings, Collection<Class<? extends Plugin>> plugins) {
            super(new Environment(settings, Path.of(settings.get("path.home"), "config")), plugins, true);
        }
    }

    public static void main(String[] args) throws Exception {
        String host = args.length > 1 ? args[1] : "127.0.0.1";
        Path home = Files.createDirectories(Path.of(args[0]).toAbsolutePath());
        Settings settings = Settings.builder()
            .put("path.home", home.toString()).put("cluster.name", "engines").put("node.name", "engines-0")
            .put("network.host", host).put("http.port", "0").put("transport.port", "0")
            .put("transport.type", "netty4").put("http.type", "netty4").put("discovery.type", "single-node")
            .put("node.store.allow_mmap", false).put("cluster.routing.allocation.disk.threshold_enabled", false)
            .build();
        Node search = new LocalNode(settings, List.of(
            org.opensearch.transport.Netty4Plugin.class, org.opensearch.index.reindex.ReindexPlugin.class,
            org.opensearch.painless.PainlessPlugin.class, org.opensearch.analysis.common.CommonAnalysisPlugin.class,
            org.opensearch.index.mapper.MapperExtrasPlugin.class, org.opensearch.join.ParentJoinPlugin.class,
            org.opensearch.ingest.common.IngestCommonPlugin.class));
        search.start();
        System.out.println("OPENSEARCH http://"
            + search.injector().getInstance(HttpServerTransport.class).boundAddress().publishAddress());

        MongoServer mongo = new MongoServer(new MemoryBackend() {
            @Override public MemoryDatabase openOrCreateDatabase(String name) {
                return new KeyedDatabase(name, getCursorRegistry());
            }
        }.version(Wire.MODERN));
        mongo.bind(new InetSocketAddress(host, 0));
        System.out.println("MONGODB mongodb://" + host + ":" + mongo.getLocalAddress().getPort());

        var queues = SQSRestServerBuilder.withInterface(host).withDynamicPort().start();
        System.out.println("SQS http:/" + queues.waitUntilStarted().localAddress());

        System.out.println("READY");
        while (System.in.read() >= 0) { }
        System.exit(0);
    }
}
