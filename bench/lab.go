package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"cdrvault/archive"
	"cdrvault/bench/stage"
	"cdrvault/cccsource"
	"cdrvault/cdr"
	"cdrvault/cosstore"
)

// lab is where a part works: the servers, and how much time it may take.
type lab struct {
	at    stage.Addresses
	short bool
	peers peers
}

// pick is the first value in a short run, else the second.
func pick[T any](l *lab, short, full T) T {
	if l.short {
		return short
	}
	return full
}

func (l *lab) set(s stage.Scene) error       { return stage.Set(l.at.Control, s) }
func (l *lab) counts() (stage.Counts, error) { return stage.Count(l.at.Control) }

// fast is a limiter for an API without a limit.
func fast() *cccsource.Pace { return cccsource.NewPace(100_000) }

// source is the product's source of calls.
func (l *lab) source(pace *cccsource.Pace, m *archive.Meter) (*cccsource.Source, error) {
	return cccsource.New(cccsource.Options{
		Endpoint: "http://" + l.at.API, Region: "ap-guangzhou", Pace: pace, Meter: m,
		Credential: cccsource.Credential{SecretID: "id", SecretKey: "key", Token: "token"},
	})
}

// archiver is the product as main wires it, with as many copies in flight.
func (l *lab) archiver(inFlight int, start time.Time) (*archive.Archiver, error) {
	m := &archive.Meter{}
	source, err := l.source(fast(), m)
	if err != nil {
		return nil, err
	}
	hosts, err := cccsource.ParseAllowList([]string{l.at.Media})
	if err != nil {
		return nil, err
	}
	store, err := cosstore.New(cosstore.Options{
		BaseURL: &url.URL{Scheme: "http", Host: l.at.Bucket}, Concurrency: inFlight, Meter: m,
		Credential: cosstore.Credential{ID: "id", Key: "key", Token: "token"},
	})
	if err != nil {
		return nil, err
	}
	opener := cccsource.NewOpener(cccsource.MediaOptions{Allow: hosts, Concurrency: inFlight})
	o := options(m)
	o.Start, o.MediaHost, o.Concurrency = start, hosts.Allows, inFlight
	o.Close = func() { source.Close(); opener.Close(); store.Close() }
	return archive.New(source, opener, store, o), nil
}

// options are the product's defaults.
func options(m *archive.Meter) archive.Options {
	kinds := map[cdr.Kind]bool{}
	for _, k := range cdr.Kinds {
		kinds[k] = k != cdr.Custom
	}
	return archive.Options{
		Apps: []string{stage.App}, Grid: archive.Grid{Zone: time.FixedZone("UTC+8", 8*3600), Length: time.Hour},
		Settle: 24 * time.Hour, Gzip: true, Kinds: kinds, Meter: m, MediaHost: func(string) bool { return true },
	}
}

// run archives hours windows from on and makes sure that nothing is left.
func run(ctx context.Context, a *archive.Archiver, from time.Time, hours int) (*archive.Report, error) {
	return finish(a.Run(ctx, archive.Request{ID: "bench", From: from, To: from.Add(time.Duration(hours) * time.Hour)}))
}

// finish makes an error of a report that tells of anything left to do.
func finish(r *archive.Report, err error) (*archive.Report, error) {
	switch {
	case err != nil:
		return r, err
	case !r.Complete:
		return r, errors.New("run is not complete")
	case r.Totals.Media.Pending+r.Totals.Media.Lost+r.Totals.Media.Refused > 0:
		return r, fmt.Errorf("files were not copied: %+v", r.Totals.Media)
	}
	return r, nil
}
