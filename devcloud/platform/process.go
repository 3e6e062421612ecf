package platform

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/rpc"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/tencentyun/scf-go-lib/cloudfunction/messages"
)

// process is one run of the binary.
type process struct {
	cmd    *exec.Cmd
	client *rpc.Client
	output *tail
	ping   time.Duration
	exited chan struct{} // closed once the process is gone and its output is written
}

// attempts bounds the starts that fail because another program took the port first.
const attempts = 5

func launch(ctx context.Context, o Options) (*process, error) {
	for n := 1; ; n++ {
		p, err := start(ctx, o)
		if err == nil || n == attempts || !errors.Is(err, errPortTaken) {
			return p, err
		}
	}
}

func start(ctx context.Context, o Options) (*process, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	p := &process{cmd: exec.Command(o.Binary), output: &tail{next: o.Stdout}, exited: make(chan struct{})}
	p.cmd.Dir = o.Dir
	p.cmd.Env = environ(o.Env, port)
	p.cmd.Stdout, p.cmd.Stderr = p.output, p.output
	p.cmd.WaitDelay = time.Second // for output that a child of the process holds open
	leash(p.cmd)
	began := time.Now()
	started := make(chan error)
	go p.live(started)
	if err := <-started; err != nil {
		return nil, err
	}
	if err := p.connect(ctx, net.JoinHostPort("127.0.0.1", strconv.Itoa(port))); err != nil {
		p.kill()
		return nil, err
	}
	p.ping = time.Since(began)
	return p, nil
}

// live starts the process and waits until it is gone. It keeps a thread for that long: see leash.
func (p *process) live(started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err := p.cmd.Start()
	started <- err
	if err != nil {
		return
	}
	_ = p.cmd.Wait() // how it ended stands in ProcessState
	close(p.exited)
}

// environ is what a function finds at its start, under the names that SCF uses.
func environ(own []string, port int) []string {
	env := []string{"_LAMBDA_SERVER_PORT=" + strconv.Itoa(port), "TENCENTCLOUD_RUNENV=SCF"}
	for _, name := range []string{"PATH", "HOME", "TMPDIR"} {
		if v, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+v)
		}
	}
	return append(env, own...)
}

// freePort picks below the ports that Linux and others give to outgoing connections (32768 and up): one of these
// could take the port before the process does, and a dial to a free one of them can even reach itself.
func freePort() (int, error) {
	var err error
	for range 100 {
		port := 20000 + rand.IntN(12000)
		var l net.Listener
		if l, err = net.Listen("tcp", ":"+strconv.Itoa(port)); err == nil { // all interfaces, as the library
			return port, l.Close()
		}
	}
	return 0, fmt.Errorf("find a free port: %w", err)
}

// pollEvery is the pause between two tries to connect: an error of that much in PingTime.
const pollEvery = time.Millisecond

// connect waits until the process listens and answers a Ping.
func (p *process) connect(ctx context.Context, address string) error {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	var dialer net.Dialer
	for {
		if conn, err := dialer.DialContext(ctx, "tcp", address); err == nil {
			p.client = rpc.NewClient(conn)
			return p.call(ctx, "Function.Ping", &messages.PingRequest{}, &messages.PingResponse{})
		}
		select {
		case <-tick.C:
		case <-p.exited:
			return p.exitBeforePing()
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

var errPortTaken = errors.New("port is taken")

func (p *process) exitBeforePing() error {
	last := p.output.lastLine()
	if strings.Contains(last, "address already in use") {
		return fmt.Errorf("%w: %s", errPortTaken, last)
	}
	return fmt.Errorf("process left before it answered (%s): %s", p.cmd.ProcessState, last)
}

// call is rpc's, given up when ctx ends. After that, reply may still be written to: nobody may look at it.
func (p *process) call(ctx context.Context, method string, args, reply any) error {
	call := p.client.Go(method, args, reply, make(chan *rpc.Call, 1))
	select {
	case <-call.Done:
		return call.Error
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (p *process) alive() bool {
	select {
	case <-p.exited:
		return false
	default:
		return true
	}
}

// kill ends the process, waits until it is gone, and closes the connection. A process that is already on its way out
// keeps its own exit status. Repeating it is harmless.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // an error means that it is gone
	<-p.exited
	if p.client != nil {
		_ = p.client.Close() // fails where it is closed already
	}
}
