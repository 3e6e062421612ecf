package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"

	"cdrvault/archive"
	"cdrvault/cccsource"
	"cdrvault/cdr"
	"cdrvault/cosstore"
	"cdrvault/devcloud/calls"
)

// visit is one run to be: what it is asked for, and what will befall it.
type visit struct {
	request archive.Request
	kill    int           // the request at which it is killed; 0: it is not
	applied bool          // that request is still done
	time    time.Duration // until the platform stops it; a minute where 0
}

// outcome is what came of a visit.
type outcome struct {
	visit
	life   *life
	report *archive.Report
	err    error
}

// clean tells whether the run ended by itself and says that nothing is left to do.
func (o outcome) clean() bool {
	return !o.life.wasKilled() && o.err == nil && o.report != nil && o.report.Complete
}

// patience of a run; no honest run needs it.
const patience = time.Minute

// visit lives one run, from its wiring on, as main wires it. It returns when nothing of the run is in flight any more.
func (f *Fortnight) visit(ctx context.Context, v visit) (outcome, error) {
	limit := v.time
	if limit == 0 {
		limit = patience
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	l := newLife(v.kill-1, v.applied, cancel)
	f.cloud.lives.add(l)
	a, err := f.wire(l)
	if err != nil {
		return outcome{}, err
	}
	o := outcome{visit: v, life: l}
	o.report, o.err = a.Run(ctx, v.request)
	l.end()
	if v.time == 0 && ctx.Err() != nil && !l.wasKilled() {
		return o, fmt.Errorf("run %s did not end within %v", v.request.ID, patience)
	}
	return o, nil
}

// wire builds an archive for one run.
func (f *Fortnight) wire(l *life) (*archive.Archiver, error) {
	meter := &archive.Meter{}
	source, err := cccsource.New(cccsource.Options{
		Endpoint: "http://" + f.cloud.api.address, Region: "ap-guangzhou", Pace: cccsource.NewPace(10_000), Meter: meter,
		Credential: cccsource.Credential{SecretID: l.id, SecretKey: l.secret, Token: l.token},
		Retry:      cccsource.Retry{First: time.Microsecond, Most: time.Millisecond},
	})
	if err != nil {
		return nil, err
	}
	hosts, err := cccsource.ParseAllowList([]string{f.cloud.api.address})
	if err != nil {
		return nil, err
	}
	opener := cccsource.NewOpener(cccsource.MediaOptions{Allow: hosts, Concurrency: f.Copies})
	store, err := cosstore.New(cosstore.Options{
		BaseURL:    &url.URL{Scheme: "http", Host: f.cloud.storage.address},
		Credential: cosstore.Credential{ID: l.id, Key: l.secret, Token: l.token}, Concurrency: f.Copies, Meter: meter,
		MultipartAbove: f.Parts, PartSize: 1 << 20, Retry: cosstore.Retry{First: time.Microsecond, Most: time.Millisecond},
	})
	if err != nil {
		return nil, err
	}
	kinds := map[cdr.Kind]bool{}
	for _, kind := range cdr.Kinds {
		kinds[kind] = kind != cdr.Custom
	}
	return archive.New(source, opener, store, archive.Options{
		Apps: apps, Grid: archive.Grid{Zone: calls.Beijing, Length: time.Hour}, Settle: settle, Start: f.Start, Gzip: true,
		Kinds: kinds, MediaHost: hosts.Allows, Concurrency: f.Copies, Clock: f.clock.now, Meter: meter, Scratch: f.dir, Pause: time.Millisecond,
		Grace:    -1, // a killed process has none
		MostRows: f.Rows,
		Close:    func() { source.Close(); opener.Close(); store.Close() },
	}), nil
}

// said checks that a run says nothing that it must not, in its answer or in its error.
func (o outcome) said() error {
	text := ""
	if o.err != nil {
		text = o.err.Error()
	}
	if o.report != nil {
		answer, err := json.Marshal(o.report.Short())
		if err != nil {
			return err
		}
		if len(answer) > 64<<10 {
			return fmt.Errorf("answer has %d bytes", len(answer))
		}
		text += string(answer)
	}
	if found := secretIn(text) + personIn(text); found != "" {
		return fmt.Errorf("answer or error tells %q", found)
	}
	return nil
}

// Marks of what may leave the archive nowhere, and of what may not leave it but in rows. Every key, link, number and
// name of the simulation has one of them.
var (
	secretMarks = []string{idMark, secretMark, tokenMark, "sign=", "getAsrText?", "getRecord/"}
	personMarks = []string{"坐席", "@example.com"}
	numbers     = regexp.MustCompile(`(?:^|\D)(0086100\d{8}|00860000\d{4})(?:\D|$)`) // whole: a checksum may have the first digits
)

func secretIn(text string) string { return firstIn(text, secretMarks) }

func personIn(text string) string {
	if found := numbers.FindStringSubmatch(text); found != nil {
		return found[1]
	}
	return firstIn(text, personMarks)
}

func firstIn(text string, marks []string) string {
	for _, mark := range marks {
		if strings.Contains(text, mark) {
			return mark
		}
	}
	return ""
}
