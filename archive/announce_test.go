package archive_test

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"cdrvault/archive"
	"cdrvault/archive/archivetest"
)

// startToDie starts a run that is stopped before its request after so many steps. Once it goes on, it dies before the first
// request that dies names; whether it did, killed tells when it has ended.
func (w *world) startToDie(q archive.Request, steps int, dies func(op archivetest.Op, key string) bool) (p *process, killed *bool) {
	ctx, cancel := context.WithCancel(w.Context())
	w.Cleanup(cancel)
	killed = new(bool)
	p = newProcess(steps)
	o := w.options
	o.Concurrency, o.Grace = 1, -1
	var mu sync.Mutex
	w.launch(ctx, p, o, q, func(op archivetest.Op, key string) {
		p.leave(op, key)
		mu.Lock()
		defer mu.Unlock()
		if p.made.Load() > p.steps && !*killed && dies(op, key) {
			*killed = true
			cancel()
		}
	})
	return p, killed
}

// atPut is death at the nth write. Death at a request that reads leaves what death at the next write does.
func atPut(n int) func(archivetest.Op, string) bool {
	return func(op archivetest.Op, _ string) bool {
		if op == archivetest.Put {
			n--
		}
		return n == 0
	}
}

// afterCommit is death at the first request after the manifest was written.
func afterCommit() func(archivetest.Op, string) bool {
	wrote := false
	return func(op archivetest.Op, key string) bool {
		was := wrote
		wrote = wrote || op == archivetest.Put && strings.Contains(key, "/manifests/")
		return was
	}
}

// die lets a process that is to die go on.
func (p *process) die() {
	close(p.resume)
	<-p.ended
}

// booksAgree runs what is due until a run says that all is done, and holds the books of 05:00 against each other. A number of
// calls may hide a late one for a while; a file may lie there that a run stored which died before it could name it.
func (w *world) booksAgree() {
	w.Helper()
	for range 4 {
		if report, err := w.try(w.Context(), archive.Request{}); err == nil && report.Complete {
			break
		}
	}
	found := slices.DeleteFunc(w.found(verified), func(s string) bool { return s == "missing call" || s == "extra media" })
	if len(found) > 0 {
		w.Errorf("after a run that says that it is complete, verification finds %q", found)
	}
}

// A run takes a late call in and dies at one of its writes; the API withdraws the call, so that it counts what was archived before.
// The next run knows all the same that something is amiss, also where nothing would ever be read again.
func TestAnnounce_WithdrawnCallOfAKilledRun(t *testing.T) {
	for state, settled := range map[string]int{"open": 0, "final": 2} {
		for write := 1; ; write++ {
			w := smallWorld(t)
			w.now = w.now.AddDate(0, 0, settled)
			w.run(window())
			w.late("late")
			w.options.Start = five
			dead, killed := w.startToDie(archive.Request{From: five, To: five.Add(time.Hour)}, 0, atPut(write))
			dead.die()
			w.source.Withdraw(app, "late")
			w.booksAgree()
			if t.Failed() {
				t.Fatalf("an %s window, killed at write %d", state, write)
			}
			if !*killed {
				break
			}
		}
	}
}

// One run is stopped before its ith request to the bucket, another one before its jth. The first goes on to its end, the second
// dies at its kth write after that, and the API withdraws the call that only the second may have listed: no number tells of it.
// Whatever i, j and k are, no later run passes over a window whose books do not agree.
func TestAnnounce_OneOfTwoDies(t *testing.T) {
	for state, prepare := range before {
		t.Run(state, func(t *testing.T) {
			t.Parallel()
			for i := 0; diesBeside(t, i, prepare); i++ {
			}
		})
	}
}

// diesBeside stops the first run before request i+1. It is false where that has not that many.
func diesBeside(t *testing.T, i int, prepare func(*world)) (stopped bool) {
	for j := 0; ; j++ {
		for k := 1; ; k++ {
			w := newWorld(t)
			w.options.Gzip = false
			prepare(w)
			one := w.start("one", i)
			w.late("late")
			two, killed := w.startToDie(archive.Request{}, j, atPut(k))
			stopped = one.finish(t)
			two.die()
			w.source.Withdraw(app, "late")
			if !two.aboutToWrite() {
				w.booksAgree()
			}
			if t.Failed() {
				t.Fatalf("with the first run stopped before request %d, the second before %d (%s), dead at write %d after it", i+1, j+1, two.next, k)
			}
			if !*killed && (k == 1 || testing.Short() || !strings.HasPrefix(one.next, "put ")) {
				return stopped // between two writes of the first run, the second finds the same whenever it begins
			}
			if !*killed {
				break
			}
		}
	}
}

// aboutToWrite tells whether a run is between its look at manifest and object, which go side by side, and the write: what the
// other one commits right then it does not see. It is the gap of one request that is left (see gap).
func (p *process) aboutToWrite() bool {
	return strings.Contains(p.next, "/cdr/") || strings.Contains(p.next, "/media_index/")
}

// One run is stopped before its ith request, another one takes a call in that the first has not seen, and dies at its kth write.
// Then the first goes on, and dies as well, right after its manifest: it has not vouched for what the second replaced.
func TestAnnounce_BothDie(t *testing.T) {
	for state, prepare := range before {
		t.Run(state, func(t *testing.T) {
			t.Parallel()
			for i := 0; bothDie(t, i, prepare); i++ {
			}
		})
	}
}

func bothDie(t *testing.T, i int, prepare func(*world)) (stopped bool) {
	for k := 1; ; k++ {
		w := newWorld(t)
		w.options.Gzip = false
		prepare(w)
		one, _ := w.startToDie(archive.Request{}, i, afterCommit())
		o, _ := w.store.Object(key("cdr", "hour=05/calls-0500.ndjson"))
		committing := bytes.Contains(o.Data, []byte("first")) // its rows are written: between its last look and its manifest is the gap
		w.late("late")
		two, killed := w.startToDie(archive.Request{}, 0, atPut(k))
		two.die()
		one.die()
		w.source.Withdraw(app, "late")
		if !strings.HasPrefix(one.next, "put ") && !committing {
			w.booksAgree()
		}
		if t.Failed() {
			t.Fatalf("with the first run stopped before request %d (%s), the second dead at write %d", i+1, one.next, k)
		}
		if !*killed {
			return one.made.Load() > one.steps
		}
	}
}
