// A client of Mattermost's WebSocket in Go, with gorilla/websocket and encoding/json.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/gorilla/websocket"
)

const (
	name     = "go"
	silence  = 60 * time.Second // in which nothing at all happens before the client gives up
	interval = 30 * time.Second // between two pings of one connection
)

// gorilla does not tell its version: the build does.
var gorilla = "of unknown version"

func version() string {
	return fmt.Sprintf("gorilla/websocket %s, %s", gorilla, runtime.Version())
}

func fail(status int, format string, arguments ...any) {
	fmt.Fprintf(os.Stderr, name+": "+format+"\n", arguments...)
	os.Exit(status)
}

// What is taken from a frame; the decoder skips the rest.
type envelope struct {
	Event    string  `json:"event"`
	Seq      *int64  `json:"seq"`
	Status   string  `json:"status"`
	SeqReply *int64  `json:"seq_reply"`
	Data     payload `json:"data"`
}

type payload struct {
	Post string `json:"post"`
}

type post struct {
	ID        string `json:"id"`
	ChannelID string `json:"channel_id"`
	UserID    string `json:"user_id"`
	Message   string `json:"message"`
}

// reply is an answer to an action.
type reply struct {
	Status   string `json:"status"`
	SeqReply *int64 `json:"seq_reply"`
}

// account is the handler, where an application would put its own.
type account struct {
	events   int
	checksum int
}

func (account *account) posted(id, channelID, userID, message string) {
	account.events++
	account.checksum += len(message)
}

type dialer struct {
	websocket.Dialer
	url    string
	header http.Header
}

// dial returns a connection that has been greeted and has had one ping answered.
func (dialer *dialer) dial() (*websocket.Conn, error) {
	connection, _, err := dialer.Dial(dialer.url, dialer.header)
	if err != nil {
		return nil, err
	}
	if err = greet(connection); err != nil {
		connection.Close()
		return nil, err
	}
	return connection, nil
}

func greet(connection *websocket.Conn) error {
	var hello envelope
	if err := connection.ReadJSON(&hello); err != nil {
		return err
	}
	if hello.Event != "hello" {
		return fmt.Errorf("expected hello, got %q", hello.Event)
	}
	if err := ping(connection, 1); err != nil {
		return err
	}
	var answer reply
	if err := connection.ReadJSON(&answer); err != nil {
		return err
	}
	return answer.check()
}

func ping(connection *websocket.Conn, seq int) error {
	return connection.WriteMessage(websocket.TextMessage, []byte(fmt.Sprintf(`{"seq":%d,"action":"ping"}`, seq)))
}

func (reply *reply) check() error {
	if reply.Status != "OK" {
		return fmt.Errorf("a ping was answered by status %q", reply.Status)
	}
	return nil
}

// Progress counts whatever happens, so that silence can be noticed.
var progress atomic.Int64

func giveUpInSilence() {
	seen, since := progress.Load(), time.Now()
	for range time.Tick(5 * time.Second) {
		if now := progress.Load(); now != seen {
			seen, since = now, time.Now()
		} else if time.Since(since) > silence {
			fail(1, "nothing happened for %v", silence)
		}
	}
}

func cpuSeconds() float64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		fail(1, "getrusage: %v", err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano()).Seconds()
}

func residentBytes() int {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		fail(1, "%v", err)
	}
	var size, resident int
	if _, err := fmt.Sscan(string(text), &size, &resident); err != nil {
		fail(1, "/proc/self/statm: %v", err)
	}
	return resident * os.Getpagesize()
}

type result struct {
	Client  string `json:"client"`
	Version string `json:"version"`
	Mode    string `json:"mode"`
}

type ingestResult struct {
	result
	Events       int     `json:"events"`
	Wall         float64 `json:"wall_s"`
	CPU          float64 `json:"cpu_s"`
	Checksum     int     `json:"checksum"`
	ChecksumUnit string  `json:"checksum_unit"`
	SeqGaps      int     `json:"seq_gaps"`
}

func ingest(dialer *dialer, count int) (ingestResult, error) {
	// One busy connection: read much at once.
	dialer.ReadBufferSize = 64 << 10
	connection, err := dialer.dial()
	if err != nil {
		return ingestResult{}, err
	}
	defer connection.Close()
	var (
		account account
		last    int64
		gaps    int
		started bool
		start   time.Time
		cpu     float64
		buffer  bytes.Buffer
	)
	for account.events < count {
		_, reader, err := connection.NextReader()
		if err == nil {
			buffer.Reset()
			_, err = buffer.ReadFrom(reader)
		}
		if err != nil {
			return ingestResult{}, fmt.Errorf("after %d of %d events: %w", account.events, count, err)
		}
		if !started {
			start, cpu = time.Now(), cpuSeconds()
		}
		var event envelope
		if err := json.Unmarshal(buffer.Bytes(), &event); err != nil {
			return ingestResult{}, err
		}
		if event.Seq == nil {
			continue
		}
		if *event.Seq != last+1 {
			gaps++
		}
		last = *event.Seq
		progress.Add(1)
		if event.Event != "posted" {
			continue
		}
		started = true
		var post post
		if err := json.Unmarshal([]byte(event.Data.Post), &post); err != nil {
			return ingestResult{}, err
		}
		account.posted(post.ID, post.ChannelID, post.UserID, post.Message)
	}
	return ingestResult{
		Events: account.events, Wall: time.Since(start).Seconds(), CPU: cpuSeconds() - cpu,
		Checksum: account.checksum, ChecksumUnit: "bytes", SeqGaps: gaps,
	}, nil
}

// fleet is many connections, each with a goroutine that reads it.
type fleet struct {
	dialer      *dialer
	connections []*websocket.Conn
	answered    atomic.Int64
	lost        chan int
}

func newFleet(dialer *dialer, count int) *fleet {
	return &fleet{dialer: dialer, connections: make([]*websocket.Conn, count), lost: make(chan int, count)}
}

func (fleet *fleet) read(index int, connection *websocket.Conn) {
	defer connection.Close()
	for {
		var answer reply
		if err := connection.ReadJSON(&answer); err != nil {
			var syntax *json.SyntaxError
			if errors.As(err, &syntax) {
				fail(1, "%v", err)
			}
			progress.Add(1)
			fleet.lost <- index
			return
		}
		if answer.SeqReply == nil {
			continue
		}
		if err := answer.check(); err != nil {
			fail(1, "%v", err)
		}
		fleet.answered.Add(1)
		progress.Add(1)
	}
}

func (fleet *fleet) open(index int) error {
	connection, err := fleet.dialer.dial()
	if err != nil {
		return err
	}
	progress.Add(1)
	fleet.connections[index] = connection
	go fleet.read(index, connection)
	return nil
}

func (fleet *fleet) openAll() {
	indices := make(chan int)
	var dialling sync.WaitGroup
	for worker := 0; worker < 64; worker++ {
		dialling.Add(1)
		go func() {
			defer dialling.Done()
			for index := range indices {
				if err := fleet.open(index); err != nil {
					fail(1, "%v", err)
				}
			}
		}()
	}
	for index := range fleet.connections {
		indices <- index
	}
	close(indices)
	dialling.Wait()
}

// pingInTurn asks one connection after the other, so that each is asked every 30 s and the load is even.
func (fleet *fleet) pingInTurn(hold time.Duration) (int64, error) {
	count := len(fleet.connections)
	start := time.Now()
	var sent int64
	for {
		due := interval * time.Duration(sent) / time.Duration(count)
		if due >= hold {
			time.Sleep(time.Until(start.Add(hold)))
			return sent, nil
		}
		time.Sleep(time.Until(start.Add(due)))
		index := int(sent) % count
		if err := ping(fleet.connections[index], 2+int(sent)/count); err != nil {
			return sent, err
		}
		sent++
	}
}

type idleResult struct {
	result
	Connections int     `json:"conns"`
	Before      int     `json:"rss_before"`
	After       int     `json:"rss_after"`
	CPU         float64 `json:"cpu_hold_s"`
	Pings       int64   `json:"pings"`
	Hold        float64 `json:"hold_s"`
	Connect     float64 `json:"connect_s"`
}

func idle(dialer *dialer, count int, hold float64) (idleResult, error) {
	warmUp, err := dialer.dial()
	if err != nil {
		return idleResult{}, err
	}
	warmUp.Close()
	before := residentBytes()
	start := time.Now()
	fleet := newFleet(dialer, count)
	fleet.openAll()
	connect := time.Since(start).Seconds()
	fmt.Fprintf(os.Stderr, "%d connections in %.2f s, holding %g s\n", count, connect, hold)
	cpu := cpuSeconds()
	sent, err := fleet.pingInTurn(time.Duration(hold * float64(time.Second)))
	if err != nil {
		return idleResult{}, err
	}
	cpu = cpuSeconds() - cpu
	answered, after := fleet.answered.Load(), residentBytes()
	for tries := 0; fleet.answered.Load() < sent; tries++ {
		if tries == 50 {
			return idleResult{}, fmt.Errorf("%d of %d pings were not answered", sent-fleet.answered.Load(), sent)
		}
		time.Sleep(100 * time.Millisecond)
	}
	if lost := len(fleet.lost); lost > 0 {
		return idleResult{}, fmt.Errorf("%d connections were lost", lost)
	}
	return idleResult{
		Connections: count, Before: before, After: after, CPU: cpu, Pings: answered, Hold: hold, Connect: connect,
	}, nil
}

type stormResult struct {
	result
	Connections int     `json:"conns"`
	Wall        float64 `json:"wall_s"`
	CPU         float64 `json:"cpu_s"`
}

func storm(dialer *dialer, count int) (stormResult, error) {
	fleet := newFleet(dialer, count)
	fleet.openAll()
	fmt.Fprintln(os.Stderr, "ready")
	// The first drop, then the others as they come.
	fleet.lost <- <-fleet.lost
	start, cpu := time.Now(), cpuSeconds()
	gate := make(chan struct{}, 256)
	var reopening sync.WaitGroup
	seen := make([]bool, count)
	for range seen {
		index := <-fleet.lost
		if seen[index] {
			return stormResult{}, errors.New("a connection was lost again")
		}
		seen[index] = true
		gate <- struct{}{}
		reopening.Add(1)
		go func() {
			defer reopening.Done()
			for fleet.open(index) != nil {
				time.Sleep(20 * time.Millisecond)
			}
			<-gate
		}()
	}
	reopening.Wait()
	wall, cpu := time.Since(start).Seconds(), cpuSeconds()-cpu
	if lost := len(fleet.lost); lost > 0 {
		return stormResult{}, fmt.Errorf("%d connections were lost again", lost)
	}
	return stormResult{Connections: count, Wall: wall, CPU: cpu}, nil
}

const usage = `usage: go/run ingest|idle|storm --server http://HOST:PORT --count N [--hold S]

A client of Mattermost's WebSocket in Go, with gorilla. The token comes from HOLDFAST_TOKEN (bench).

  --server URL  http://HOST:PORT
  --count N     events (ingest) or connections (idle, storm)
  --hold S      seconds to hold, idle only (10)
  --version     the name and the versions
`

func main() {
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.SetOutput(os.Stderr)
	flags.Usage = func() {}
	server := flags.String("server", "", "")
	count := flags.Int("count", 0, "")
	hold := flags.Float64("hold", 10, "")
	showVersion := flags.Bool("version", false, "")
	// The mode stands first, the flags follow.
	words, mode := os.Args[1:], ""
	if len(words) > 0 && !strings.HasPrefix(words[0], "-") {
		mode, words = words[0], words[1:]
	}
	if err := flags.Parse(words); errors.Is(err, flag.ErrHelp) {
		fmt.Print(usage)
		return
	} else if err != nil {
		os.Exit(64)
	}
	if *showVersion {
		fmt.Printf("%s: %s\n", name, version())
		return
	}
	switch {
	case flags.NArg() > 0:
		fail(64, "unknown argument %s; see --help", flags.Arg(0))
	case mode != "ingest" && mode != "idle" && mode != "storm":
		fail(64, "say what to do: ingest, idle or storm; see --help")
	case !strings.HasPrefix(*server, "http://"):
		fail(64, "--server must be http://HOST:PORT; see --help")
	case *count < 1:
		fail(64, "--count must be at least 1; see --help")
	case !(*hold > 0):
		fail(64, "--hold must be more than 0; see --help")
	}
	token, set := os.LookupEnv("HOLDFAST_TOKEN")
	if !set {
		token = "bench"
	}
	dialer := &dialer{
		// A write buffer is only borrowed while something is written: idle connections have none of their own.
		Dialer: websocket.Dialer{WriteBufferPool: &sync.Pool{}, HandshakeTimeout: silence},
		url:    "ws" + strings.TrimSuffix(strings.TrimPrefix(*server, "http"), "/") + "/api/v4/websocket",
		header: http.Header{"Authorization": {"Bearer " + token}},
	}
	go giveUpInSilence()
	about := result{Client: name, Version: version(), Mode: mode}
	var line any
	var err error
	switch mode {
	case "ingest":
		var out ingestResult
		out, err = ingest(dialer, *count)
		out.result, line = about, &out
	case "idle":
		var out idleResult
		out, err = idle(dialer, *count, *hold)
		out.result, line = about, &out
	case "storm":
		var out stormResult
		out, err = storm(dialer, *count)
		out.result, line = about, &out
	}
	if err != nil {
		fail(1, "%v", err)
	}
	if err := json.NewEncoder(os.Stdout).Encode(line); err != nil {
		fail(1, "%v", err)
	}
}
