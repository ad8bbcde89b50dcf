// What a client in C++ can do: libuv, frames parsed in place, simdjson On-Demand. The bar that the engine is measured
// against, so nothing here is slower than it need be; `usage` says what each mode does.

#include <sys/resource.h>
#include <unistd.h>
#include <uv.h>

#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "frames.hpp"
#include "handshake.hpp"
#include "messages.hpp"

namespace {

const char *const version = "1";
const char *const usage =
    "usage: cpp-peer ingest|read|idle|storm --server http://HOST:PORT --count N [--hold S]\n"
    "\n"
    "The ceiling: a client in C++ with libuv and simdjson, and no other layer. Prints one line of JSON on standard\n"
    "output, and ends with status 1 when something was missing, or when nothing at all happened for 60 s.\n"
    "\n"
    "  ingest       receives N `posted` events over one connection\n"
    "  read         the same without reading the JSON: counts frames\n"
    "  idle         holds N connections for S seconds, each pings every 30 s\n"
    "  storm        opens N connections, says `ready` on standard error, waits until all are dropped, reopens them\n"
    "  --server URL the server's web address\n"
    "  --count N    events or connections, 1 to 1000000000\n"
    "  --hold S     seconds, 1 to 86400 (10)\n"
    "  --version    of this client and its libraries\n"
    "  --help       this text\n"
    "\n"
    "The token comes from HOLDFAST_TOKEN (bench).\n";

[[noreturn]] void fail(int status, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    std::fputs("cpp-peer: ", stderr);
    std::vfprintf(stderr, format, arguments);
    std::fputc('\n', stderr);
    va_end(arguments);
    std::exit(status);
}

double now() { return double(uv_hrtime()) / 1e9; }

double cpuSeconds() {
    rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
        + double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

long long residentBytes() {
    long long total = 0, resident = 0;
    if (FILE *file = std::fopen("/proc/self/statm", "r")) {
        if (std::fscanf(file, "%lld %lld", &total, &resident) != 2) { resident = 0; }
        std::fclose(file);
    }
    return resident * sysconf(_SC_PAGESIZE);
}

enum class Mode { ingest, read, idle, storm };

struct Options {
    Mode mode;
    std::string modeName, host, port, token = "bench";
    size_t count = 0;
    double hold = 10;
};

struct Client;

/// What is needed only until the connection is upgraded.
struct Dial {
    uv_connect_t request;
    std::string key;
};

/// One connection. There may be thousands, so what only some need lies elsewhere.
struct Connection {
    enum Phase : uint8_t { closed, dialling, greeting, proving, ready };

    uv_tcp_t tcp;
    Client *client;
    Dial *dial;
    /// The beginning of a frame whose rest has not come yet.
    char *tail;
    uint32_t tailCount;
    uint32_t lastPing;
    Phase phase;
    bool isPingDue;
};

struct Client {
    static constexpr size_t bufferSize = 64 << 10;
    static constexpr double pingInterval = 30;
    static constexpr double patience = 60, watchdogTick = 10;

    uv_loop_t *loop = uv_default_loop();
    Options options;
    sockaddr_storage address;
    std::unique_ptr<Connection[]> connections;
    size_t connectionCount = 0;
    /// The memory that all of them share is paid for by a first connection, which is not counted.
    Connection warmUp{};
    /// One buffer for all: it is only in use during a read. Grows with the longest frame.
    std::vector<char> buffer = std::vector<char>(bufferSize + simdjson::SIMDJSON_PADDING);
    MessageReader reader;
    Post post;
    std::mt19937 random{std::random_device{}()};

    size_t dialled = 0, dialling = 0, readyCount = 0, dialLimit = 64;
    std::vector<Connection *> waiting;
    /// Everything that happens moves it on; the watchdog looks whether it does.
    uint64_t activity = 0, seenActivity = 0;
    int silentTicks = 0;
    uv_timer_t watchdog;

    // Ingest.
    uint64_t events = 0, checksum = 0, gaps = 0;
    int64_t lastSequence = 0;
    double startWall = 0, startCPU = 0;

    // Idle.
    bool isWarmingUp = false, isHolding = false;
    long long residentBefore = 0, residentAfter = 0;
    double connectStart = 0, connectSeconds = 0, holdStart = 0, holdCPU = 0;
    uint64_t pings = 0, holdPings = 0, duePings = 0;
    uv_timer_t pingTimer, holdTimer;

    // Storm.
    bool isStorming = false;
    size_t losses = 0;

    void start();
    void allReady();
    void dialAll();
    void dialMore();
    void dial(Connection &connection);
    void connected(Connection &connection, int status);
    void received(Connection &connection, char *start, size_t count);
    bool handle(Connection &connection, Frame &frame, size_t capacity);
    void handled(const Post &post);
    void lost(Connection &connection, const char *why);
    void ping(Connection &connection);
    void write(Connection &connection, const char *bytes, size_t count);
    void sendDuePings();
    void beginHold();
    void finishIngest();
    void finishIdle();
    void finishStorm();
    [[noreturn]] void end();
};

Connection &connectionOf(void *handle) { return *reinterpret_cast<Connection *>(handle); }

// MARK: Dialling

void Client::start() {
    uv_timer_init(loop, &watchdog);
    watchdog.data = this;
    uv_timer_start(
        &watchdog,
        [](uv_timer_t *timer) {
            Client &client = *static_cast<Client *>(timer->data);
            if (client.activity != client.seenActivity || client.isHolding) { client.silentTicks = 0; }
            client.seenActivity = client.activity;
            client.silentTicks += 1;
            if (client.silentTicks > patience / watchdogTick) {
                fail(1, "nothing at all happened for 60 s (%zu of %zu connections ready, %llu events)", client.readyCount,
                     client.connectionCount, static_cast<unsigned long long>(client.events));
            }
        },
        uint64_t(watchdogTick * 1000), uint64_t(watchdogTick * 1000));
    const bool isSingle = options.mode == Mode::ingest || options.mode == Mode::read;
    connectionCount = isSingle ? 1 : options.count;
    isWarmingUp = options.mode == Mode::idle;
    if (isWarmingUp) {
        dial(warmUp);
    } else {
        dialAll();
    }
    uv_run(loop, UV_RUN_DEFAULT);
    fail(1, "the loop ended without a result");
}

void Client::dialAll() {
    connections.reset(new Connection[connectionCount]());
    for (size_t index = connectionCount; index > 0; index -= 1) { waiting.push_back(&connections[index - 1]); }
    dialMore();
}

void Client::dialMore() {
    while (dialling < dialLimit && !waiting.empty()) {
        Connection &connection = *waiting.back();
        waiting.pop_back();
        dial(connection);
    }
}

void Client::dial(Connection &connection) {
    connection.client = this;
    connection.dial = new Dial;
    connection.phase = Connection::dialling;
    connection.lastPing = 0;
    connection.isPingDue = false;
    uint8_t nonce[16];
    for (uint8_t &byte : nonce) { byte = uint8_t(random()); }
    connection.dial->key = base64(nonce, sizeof nonce);
    dialling += 1;
    uv_tcp_init(loop, &connection.tcp);
    const int code = uv_tcp_connect(
        &connection.dial->request, &connection.tcp, reinterpret_cast<sockaddr *>(&address),
        [](uv_connect_t *request, int status) {
            Connection &connection = connectionOf(request->handle);
            connection.client->connected(connection, status);
        });
    if (code != 0) { fail(1, "cannot connect: %s", uv_strerror(code)); }
}

void Client::connected(Connection &connection, int status) {
    if (status != 0) { fail(1, "cannot connect to %s:%s: %s", options.host.c_str(), options.port.c_str(), uv_strerror(status)); }
    activity += 1;
    const std::string request = "GET /api/v4/websocket HTTP/1.1\r\nHost: " + options.host + ":" + options.port
        + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: " + connection.dial->key
        + "\r\nSec-WebSocket-Version: 13\r\nAuthorization: Bearer " + options.token + "\r\n\r\n";
    write(connection, request.data(), request.size());
    uv_read_start(
        reinterpret_cast<uv_stream_t *>(&connection.tcp),
        [](uv_handle_t *handle, size_t, uv_buf_t *buffer) {
            Connection &connection = connectionOf(handle);
            Client &client = *connection.client;
            // What has come of a frame stands before what comes next, so that frames lie whole.
            const size_t tail = connection.tailCount;
            if (client.buffer.size() < tail * 2 + simdjson::SIMDJSON_PADDING) {
                client.buffer.resize(tail * 4 + simdjson::SIMDJSON_PADDING);
            }
            if (tail > 0) {
                std::memcpy(client.buffer.data(), connection.tail, tail);
                std::free(connection.tail);
                connection.tail = nullptr;
            }
            *buffer = uv_buf_init(
                client.buffer.data() + tail, unsigned(client.buffer.size() - tail - simdjson::SIMDJSON_PADDING));
        },
        [](uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer) {
            Connection &connection = connectionOf(stream);
            Client &client = *connection.client;
            const size_t tail = connection.tailCount;
            connection.tailCount = 0;
            if (count > 0) {
                client.received(connection, client.buffer.data(), tail + size_t(count));
            } else if (count < 0) {
                client.lost(connection, uv_strerror(int(count)));
            } else if (tail > 0) {
                client.received(connection, client.buffer.data(), tail);
            }
            (void)buffer;
        });
}

// MARK: Reading

void Client::received(Connection &connection, char *start, size_t count) {
    activity += 1;
    char *position = start, *const end = start + count;
    if (connection.phase == Connection::dialling) {
        const std::string_view text(start, count);
        const size_t headEnd = text.find("\r\n\r\n");
        if (headEnd != std::string_view::npos) {
            if (!isUpgrade(text.substr(0, headEnd), connection.dial->key)) {
                fail(1, "the server refused the upgrade: %.*s", int(text.find("\r\n")), start);
            }
            delete connection.dial;
            connection.dial = nullptr;
            connection.phase = Connection::greeting;
            position = start + headEnd + 4;
        }
    }
    if (connection.phase != Connection::dialling) {
        Frame frame;
        for (;;) {
            const FrameResult result = takeFrame(position, end, frame);
            if (result == FrameResult::incomplete) { break; }
            if (result == FrameResult::invalid) { fail(1, "the server sent an invalid frame"); }
            const size_t capacity = size_t(start + buffer.size() - frame.payload);
            if (!handle(connection, frame, capacity)) { return; }
        }
    }
    if (position < end) {
        connection.tailCount = uint32_t(end - position);
        connection.tail = static_cast<char *>(std::malloc(connection.tailCount));
        std::memcpy(connection.tail, position, connection.tailCount);
    }
}

/// False when the connection is gone.
bool Client::handle(Connection &connection, Frame &frame, size_t capacity) {
    if (frame.opcode != 1 || !frame.isFinal) {
        if (frame.opcode == 9) {
            char answer[140];
            write(connection, answer, writeFrame(answer, 10, frame.payload, frame.count, uint32_t(random())));
            return true;
        }
        if (frame.opcode == 10) { return true; }
        if (frame.opcode == 8) {
            lost(connection, "closed by the server");
            return false;
        }
        fail(1, "the server sent a frame that Mattermost does not send (opcode %d)", frame.opcode);
    }
    if (options.mode == Mode::read && connection.phase == Connection::ready) {
        if (events == 0) { startWall = now(), startCPU = cpuSeconds(); }
        events += 1;
        checksum += frame.count;
        if (events == options.count) { finishIngest(); }
        return true;
    }
    if (events == 0 && connection.phase == Connection::ready && options.mode == Mode::ingest) {
        startWall = now(), startCPU = cpuSeconds();
    }
    const Message message = reader.read(frame.payload, frame.count, capacity, post);
    switch (message.kind) {
    case MessageKind::posted:
    case MessageKind::otherEvent:
        if (message.sequence != lastSequence + 1 && connectionCount == 1) { gaps += 1; }
        lastSequence = message.sequence;
        if (message.kind == MessageKind::posted) { handled(post); }
        return true;
    case MessageKind::hello:
        lastSequence = message.sequence;
        if (connection.phase == Connection::greeting) {
            connection.phase = Connection::proving;
            ping(connection);
        }
        return true;
    case MessageKind::reply:
        if (!message.isOK || message.sequence != int64_t(connection.lastPing)) { fail(1, "a ping was answered by a failure"); }
        connection.isPingDue = false;
        pings += 1;
        if (connection.phase == Connection::proving) {
            connection.phase = Connection::ready;
            dialling -= 1;
            readyCount += 1;
            dialMore();
            if (waiting.empty() && dialling == 0) { allReady(); }
        }
        return true;
    case MessageKind::unreadable: break;
    }
    fail(1, "unreadable message: %.*s", int(frame.count > 200 ? 200 : frame.count), frame.payload);
}

/// What a user of this client would write.
void Client::handled(const Post &post) {
    if (post.id.empty() || post.channelID.empty() || post.userID.empty()) { fail(1, "a post without its ids"); }
    checksum += post.message.size();
    events += 1;
    if (events == options.count && options.mode == Mode::ingest) { finishIngest(); }
}

// MARK: Writing

void Client::ping(Connection &connection) {
    char text[64], frame[80];
    connection.lastPing += 1;
    connection.isPingDue = true;
    const int count = std::snprintf(text, sizeof text, "{\"seq\":%u,\"action\":\"ping\"}", connection.lastPing);
    write(connection, frame, writeFrame(frame, 1, text, size_t(count), uint32_t(random())));
}

void Client::write(Connection &connection, const char *bytes, size_t count) {
    auto *stream = reinterpret_cast<uv_stream_t *>(&connection.tcp);
    uv_buf_t buffer = uv_buf_init(const_cast<char *>(bytes), unsigned(count));
    const int written = uv_try_write(stream, &buffer, 1);
    if (written == int(count)) { return; }
    if (written < 0 && written != UV_EAGAIN) { return; }  // The end of the connection is read.
    const size_t done = written > 0 ? size_t(written) : 0;
    auto *request = static_cast<uv_write_t *>(std::malloc(sizeof(uv_write_t) + count - done));
    char *copy = reinterpret_cast<char *>(request + 1);
    std::memcpy(copy, bytes + done, count - done);
    buffer = uv_buf_init(copy, unsigned(count - done));
    uv_write(request, stream, &buffer, 1, [](uv_write_t *request, int) { std::free(request); });
}

// MARK: What the modes do

void Client::allReady() {
    switch (options.mode) {
    case Mode::ingest:
    case Mode::read: break;
    case Mode::idle:
        if (isWarmingUp) {
            isWarmingUp = false;
            warmUp.phase = Connection::closed;
            readyCount = 0;
            uv_close(reinterpret_cast<uv_handle_t *>(&warmUp.tcp), [](uv_handle_t *handle) {
                Client &client = *connectionOf(handle).client;
                client.residentBefore = residentBytes();
                client.connectStart = now();
                client.dialAll();
            });
        } else {
            connectSeconds = now() - connectStart;
            beginHold();
        }
        break;
    case Mode::storm:
        if (isStorming && losses < connectionCount) { return; }
        if (isStorming) { finishStorm(); }
        std::fputs("ready\n", stderr);
        break;
    }
}

void Client::lost(Connection &connection, const char *why) {
    if (options.mode != Mode::storm || connection.phase != Connection::ready) {
        fail(1, "lost a connection: %s", why);
    }
    if (!isStorming) {
        isStorming = true;
        startWall = now(), startCPU = cpuSeconds();
        dialLimit = 256;
    }
    connection.phase = Connection::closed;
    readyCount -= 1;
    losses += 1;
    uv_close(reinterpret_cast<uv_handle_t *>(&connection.tcp), [](uv_handle_t *handle) {
        Connection &connection = connectionOf(handle);
        connection.client->waiting.push_back(&connection);
        connection.client->dialMore();
    });
}

/// One timer for all, with 10 ms of slack: connection i is due at i/N of the interval, and then once in each.
void Client::beginHold() {
    isHolding = true;
    holdStart = now(), holdCPU = cpuSeconds(), holdPings = pings;
    uv_timer_init(loop, &pingTimer);
    pingTimer.data = this;
    uv_timer_start(&pingTimer, [](uv_timer_t *timer) { static_cast<Client *>(timer->data)->sendDuePings(); }, 10, 10);
    uv_timer_init(loop, &holdTimer);
    holdTimer.data = this;
    uv_timer_start(
        &holdTimer, [](uv_timer_t *timer) { static_cast<Client *>(timer->data)->finishIdle(); },
        uint64_t(options.hold * 1000), 0);
}

void Client::sendDuePings() {
    const uint64_t due = uint64_t((now() - holdStart) / pingInterval * double(connectionCount));
    for (; duePings < due; duePings += 1) {
        Connection &connection = connections[duePings % connectionCount];
        if (connection.isPingDue) { fail(1, "a ping was not answered within 30 s"); }
        ping(connection);
    }
}

void Client::finishIngest() {
    const double wall = now() - startWall, cpu = cpuSeconds() - startCPU;
    std::printf(
        "{\"client\":\"%s\",\"version\":\"%s\",\"mode\":\"%s\",\"events\":%llu,\"wall_s\":%.6f,\"cpu_s\":%.6f,"
        "\"checksum\":%llu,\"checksum_unit\":\"%s\",\"seq_gaps\":%llu}\n",
        options.mode == Mode::read ? "cpp-read" : "cpp", version, options.modeName.c_str(),
        static_cast<unsigned long long>(events), wall, cpu, static_cast<unsigned long long>(checksum),
        options.mode == Mode::read ? "payload bytes" : "bytes", static_cast<unsigned long long>(gaps));
    if (gaps > 0) { fail(1, "%llu gaps of seq", static_cast<unsigned long long>(gaps)); }
    end();
}

void Client::finishIdle() {
    residentAfter = residentBytes();
    const double cpu = cpuSeconds() - holdCPU;
    std::printf(
        "{\"client\":\"cpp\",\"version\":\"%s\",\"mode\":\"idle\",\"conns\":%zu,\"rss_before\":%lld,\"rss_after\":%lld,"
        "\"cpu_hold_s\":%.6f,\"pings\":%llu,\"hold_s\":%.3f,\"connect_s\":%.6f}\n",
        version, connectionCount, residentBefore, residentAfter, cpu,
        static_cast<unsigned long long>(pings - holdPings), options.hold, connectSeconds);
    end();
}

void Client::finishStorm() {
    const double wall = now() - startWall, cpu = cpuSeconds() - startCPU;
    std::printf(
        "{\"client\":\"cpp\",\"version\":\"%s\",\"mode\":\"storm\",\"conns\":%zu,\"wall_s\":%.6f,\"cpu_s\":%.6f}\n", version,
        connectionCount, wall, cpu);
    end();
}

/// The system closes what is open.
void Client::end() {
    std::fflush(stdout);
    std::_Exit(0);
}

// MARK: Arguments

double number(const char *name, const char *text, double least, double most) {
    char *end = nullptr;
    const double value = std::strtod(text, &end);
    if (end == text || *end != 0 || !(value >= least && value <= most)) {
        fail(64, "%s is a number from %.0f to %.0f; see --help", name, least, most);
    }
    return value;
}

Options parse(int argc, char **argv) {
    Options options;
    std::string server;
    for (int index = 1; index < argc; index += 1) {
        const std::string argument = argv[index];
        const char *value = index + 1 < argc ? argv[index + 1] : nullptr;
        if (argument == "--help" || argument == "-h") {
            std::fputs(usage, stdout);
            std::exit(0);
        } else if (argument == "--version") {
            std::printf("%s (libuv %s, simdjson %s)\n", version, uv_version_string(), SIMDJSON_STRINGIFY(SIMDJSON_VERSION));
            std::exit(0);
        } else if (argument == "--server" || argument == "--count" || argument == "--hold") {
            if (value == nullptr) { fail(64, "%s needs a value; see --help", argument.c_str()); }
            if (argument == "--server") { server = value; }
            if (argument == "--count") { options.count = size_t(number("--count", value, 1, 1e9)); }
            if (argument == "--hold") { options.hold = number("--hold", value, 1, 86400); }
            index += 1;
        } else if (argument.rfind("-", 0) == 0 || !options.modeName.empty()) {
            fail(64, "unknown argument %s; see --help", argument.c_str());
        } else {
            options.modeName = argument;
        }
    }
    if (options.modeName == "ingest") {
        options.mode = Mode::ingest;
    } else if (options.modeName == "read") {
        options.mode = Mode::read;
    } else if (options.modeName == "idle") {
        options.mode = Mode::idle;
    } else if (options.modeName == "storm") {
        options.mode = Mode::storm;
    } else {
        fail(64, "say what to do: ingest, read, idle or storm; see --help");
    }
    const std::string scheme = "http://";
    const size_t colon = server.rfind(':');
    if (server.compare(0, scheme.size(), scheme) != 0 || colon == std::string::npos || colon < scheme.size()) {
        fail(64, "--server is http://HOST:PORT; see --help");
    }
    options.host = server.substr(scheme.size(), colon - scheme.size());
    options.port = server.substr(colon + 1);
    while (!options.port.empty() && options.port.back() == '/') { options.port.pop_back(); }
    if (options.count == 0) { fail(64, "say how many: --count N; see --help"); }
    if (const char *token = std::getenv("HOLDFAST_TOKEN")) { options.token = token; }
    return options;
}

}  // namespace

int main(int argc, char **argv) {
    Client client;
    client.options = parse(argc, argv);
    rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    uv_getaddrinfo_t lookup;
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    const int code = uv_getaddrinfo(
        client.loop, &lookup, nullptr, client.options.host.c_str(), client.options.port.c_str(), &hints);
    if (code != 0) { fail(1, "cannot find %s: %s", client.options.host.c_str(), uv_strerror(code)); }
    std::memcpy(&client.address, lookup.addrinfo->ai_addr, lookup.addrinfo->ai_addrlen);
    uv_freeaddrinfo(lookup.addrinfo);
    client.start();
}
