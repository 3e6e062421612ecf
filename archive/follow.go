package archive

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"time"
)

// Whoever sent the shares of a backfill away follows them by what they leave in the bucket: manifests, and the answers of
// their runs. Nothing here writes, and nothing is asked of the API.

// Backlog is what the manifests say of a range at one moment.
type Backlog struct {
	From, To time.Time      // the range, as it falls on windows
	Shares   []ShareBacklog // one for each share; the whole range is one share where it is not cut
	Calls    int
	Files    int   // archived
	Bytes    int64 // of them
	Owed     int   // files
	Lost     int   // files

	shortcuts map[string]shortcut // by application: what need not be read again
}

// ShareBacklog counts a share's windows.
type ShareBacklog struct {
	Share   Share
	Windows int // in all
	Left    int // not archived, or not read as they should be: no manifest that holds, not proved to be whole, files untried, or not final though settled
	Owing   int // archived as far as possible now: files are owed that were tried, or transcripts are being made
	Held    int // archived, and nothing is left to do but to watch
}

// Left is the number of windows that are left, over all shares.
func (b *Backlog) Left() (n int) {
	for _, s := range b.Shares {
		n += s.Left
	}
	return n
}

// Backlog tells how far the range of q is archived, by shares if q.Shares says so. before is what an earlier call gave, or nil:
// with it, only manifests that changed since are read, beside one listing request for each thousand. The archiver stays
// connected, to be asked again. Errors are those of Run.
func (a *Archiver) Backlog(ctx context.Context, q Request, before *Backlog) (*Backlog, error) {
	r, err := a.begin(ctx, q)
	if err != nil {
		return nil, err
	}
	defer r.budget.end()
	if err := r.checkBackfill(); err != nil {
		return nil, err
	}
	if before != nil {
		r.shortcuts = maps.Clone(before.shortcuts)
	}
	span, err := r.hear()
	if err != nil {
		return nil, err
	}
	b := &Backlog{From: span.Start, To: span.End, Shares: make([]ShareBacklog, max(r.Shares, 1)), shortcuts: r.shortcuts}
	for i := range b.Shares {
		b.Shares[i].Share = Share{Number: i + 1, Of: len(b.Shares)}
	}
	for _, app := range r.apps {
		for _, w := range r.Grid.Cut(span) {
			b.count(r.planner, w, r.indexOf(app), r.ledgers[app])
		}
	}
	return b, nil
}

// count takes one window in.
func (b *Backlog) count(p planner, w Window, app int, ledger Ledger) {
	s := ledger[w.Start.Unix()]
	b.Calls, b.Files, b.Bytes, b.Owed, b.Lost = b.Calls+s.Calls, b.Files+s.Files, b.Bytes+s.Bytes, b.Owed+s.Owed, b.Lost+s.Lost
	i := slices.IndexFunc(b.Shares, func(s ShareBacklog) bool { return s.Share.Has(w, app) })
	share := &b.Shares[i]
	share.Windows++
	reason, lacks := p.missing(w, ledger)
	waits := s.Owed > 0 || s.Processing > 0 && reason == ReasonOwing // once settled, nobody waits for a transcript
	switch {
	case !lacks:
		share.Held++
	case s.Agreed && s.Untried == 0 && waits:
		share.Owing++
	default:
		share.Left++
	}
}

// Answer is what a run said of itself in its filed answer.
type Answer struct {
	RequestID string `json:"request_id"`
	Complete  bool   `json:"complete"`
	Failed    bool   `json:"failed"` // it ended with an error
	Rest      int    `json:"rest"`   // windows that time kept it from finishing
	Chain     int    `json:"chain"`
	Error     string `json:"-"` // of the first window that failed; empty where none did

	Filed time.Time `json:"-"` // the bucket's time: of a run that is tried again each try files anew, under the same key
}

// Answers gives the filed answers of the runs with the given request ids, by id, as far as there are any. A run files its answer
// last, and only where it wrote something or failed: of one that is under way, was killed or found nothing to do there is none.
// Runs that took an earlier moment than since for now are not looked for. It costs a listing request for each thousand
// answers, and one for each answer that is found.
func (a *Archiver) Answers(ctx context.Context, since time.Time, ids []string) (map[string]Answer, error) {
	wanted := map[string]string{} // by the end of the key
	for _, id := range ids {
		wanted[EscapeSession(id)] = id
	}
	filed := map[string]Object{} // by id
	err := a.store.List(ctx, a.keys.runs(), a.keys.runsBefore(since), func(o Object) error {
		_, name, _ := strings.Cut(strings.TrimSuffix(path.Base(o.Key), ".json"), "-")
		if id, ok := wanted[name]; ok {
			filed[id] = o
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	found := map[string]Answer{}
	for id, o := range filed {
		answer, err := a.answer(ctx, o.Key)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return found, err
		}
		answer.RequestID, answer.Filed = cmp.Or(answer.RequestID, id), o.Modified
		found[id] = answer
	}
	return found, nil
}

// answer reads a filed answer. One that cannot be read says that its run was not complete.
func (a *Archiver) answer(ctx context.Context, key string) (Answer, error) {
	var answer Answer
	b, _, err := a.store.Get(ctx, key)
	if err != nil {
		return answer, err
	}
	var filed struct {
		Answer
		Windows []WindowReport `json:"windows"`
	}
	if json.Unmarshal(b, &filed) != nil {
		return Answer{Failed: true}, nil
	}
	answer = filed.Answer
	if i := slices.IndexFunc(filed.Windows, func(w WindowReport) bool { return w.State == Failed }); i >= 0 {
		answer.Error = filed.Windows[i].Error
	}
	return answer, nil
}
