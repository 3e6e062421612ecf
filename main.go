// Command cdrvault archives the calls of Tencent Cloud Contact Center in the customer's COS bucket. Where the platform's
// runtime is present it is the function; otherwise it is the command line. Both stand on the same archive.
package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/tencentyun/scf-go-lib/cloudfunction"

	"cdrvault/archive"
	"cdrvault/cccsource"
	"cdrvault/cdr"
	"cdrvault/cli"
	"cdrvault/config"
	"cdrvault/cosstore"
	"cdrvault/handler"
)

// version is set when the function is packaged.
var version = "devel"

func main() {
	var w wiring
	if os.Getenv("_LAMBDA_SERVER_PORT") != "" { // set by SCF's Go runtime
		cloudfunction.StartHandler(&handler.Handler{
			Open:         w.runner,
			Connect:      connect,
			SelfContinue: selfContinue,
			Now:          time.Now,
			Log:          slog.New(slog.NewJSONHandler(os.Stdout, nil)),
		})
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends a run that does not heed the first
	code := cli.Main(ctx, cli.Program{Version: version, Open: w.open, Connect: connect, Get: os.Getenv, Out: os.Stdout, Err: os.Stderr}, os.Args[1:])
	stop()
	os.Exit(code)
}

// wiring builds an archive from an environment. It keeps what has to outlive a run: the pace at which this process asks
// the API, whatever the number of runs.
type wiring struct {
	mu     sync.Mutex
	shared *cccsource.Pace
	of     speed
}

// speed is what a pace is made for.
type speed struct {
	perSecond int
	yields    bool // to others that ask under the same account
}

// runner is open for the handler, whose interface must not hold a nil *Archiver.
func (w *wiring) runner(get func(string) string, q archive.Request) (handler.Runner, error) {
	a, err := w.open(get, q, nil)
	if err != nil {
		return nil, err
	}
	return a, nil
}

// open reads settings and credentials, and connects. Nothing is sent yet. The archive serves one run, which closes its
// connections.
func (w *wiring) open(get func(string) string, q archive.Request, watch *archive.Progress) (*archive.Archiver, error) {
	c, errSettings := config.Load(get)
	keys, errKeys := config.LoadCredentials(get)
	if err := errors.Join(errSettings, errKeys); err != nil { // all of it at once
		return nil, err
	}
	hosts, err := cccsource.ParseAllowList(c.AllowedHosts)
	if err != nil {
		return nil, err
	}
	meter := &archive.Meter{}
	source, err := cccsource.New(cccsource.Options{
		Endpoint: c.CCCEndpoint.String(), Region: c.Region, Pace: w.pace(speedOf(c.RateLimit, q)), Meter: meter,
		Credential: cccsource.Credential{SecretID: keys.ID, SecretKey: keys.Key, Token: keys.Token},
	})
	if err != nil {
		return nil, err
	}
	store, err := cosstore.New(cosstore.Options{
		BaseURL: c.COSEndpoint, SSE: c.SSE, Concurrency: c.Concurrency, Meter: meter,
		Credential: cosstore.Credential{ID: keys.ID, Key: keys.Key, Token: keys.Token},
	})
	if err != nil {
		return nil, err
	}
	opener := cccsource.NewOpener(cccsource.MediaOptions{Allow: hosts, Concurrency: c.Concurrency})
	return archive.New(source, opener, store, archive.Options{
		Apps: c.Apps, Prefix: c.Prefix, Grid: archive.Grid{Zone: c.Zone, Length: c.Window}, Settle: c.Settle, Start: c.Start,
		Gzip: c.Compression == "gzip", MediaClass: c.StorageClass, Kinds: kinds(c.Kinds), MediaHost: hosts.Allows,
		Concurrency: c.Concurrency, Meter: meter, Progress: watch, APIRate: allowed(c.RateLimit, q),
		Close: func() { source.Close(); opener.Close(); store.Close() },
	}), nil
}

// speedOf is that of a run. A backfill yields to the timer's runs and leaves them a tenth in any case; its shares split the
// rest. So does a run that goes on with what another left: the next timer's run does not wait for it.
func speedOf(limit int, q archive.Request) speed {
	return speed{perSecond: portion(limit, q), yields: canWait(q)}
}

// canWait tells whether a run is to give way to a timer's.
func canWait(q archive.Request) bool { return q.Mode == archive.ModeBackfill || q.Chain > 0 }

// portion is how many requests a second a run may send. One that can wait leaves a tenth to the timer's runs, and so does a plan,
// which foretells a backfill. The shares of a backfill split the rest, rounded down: each process counts for itself. Together
// they keep to the limit in every second, unless a share runs twice; then the API refuses, and the backfill yields.
func portion(limit int, q archive.Request) int {
	if !canWait(q) && q.Mode != archive.ModePlan {
		return limit
	}
	return max((limit-max(limit/10, 1))/max(q.Share.Of, 1), 1)
}

// allowed is how many requests a second a run may send together with the other shares of its backfill.
func allowed(limit int, q archive.Request) int {
	q.Share = archive.Share{}
	return portion(limit, q)
}

// pace is that of this process. A warm instance keeps it from one invocation to the next, whatever these are: the requests of the
// last second count against the limit of the account, too.
func (w *wiring) pace(s speed) *cccsource.Pace {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.shared == nil {
		w.shared = cccsource.NewPace(s.perSecond)
	}
	if w.of != s {
		w.shared.Change(s.perSecond, s.yields)
		w.of = s
	}
	return w.shared
}

func kinds(names []string) map[cdr.Kind]bool {
	set := map[cdr.Kind]bool{}
	for _, name := range names {
		set[cdr.Kind(name)] = true
	}
	return set
}
