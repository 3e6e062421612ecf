package archive_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"cdrvault/archive"
	"cdrvault/archive/archivetest"
)

// follow looks at the stretch as somebody does who has cut it into shares.
func (w *world) follow(a *archive.Archiver, before *archive.Backlog) *archive.Backlog {
	w.Helper()
	q := whole()
	q.Shares, q.Now = shares, w.now
	b, err := a.Backlog(w.Context(), q, before)
	if err != nil {
		w.Fatal(err)
	}
	return b
}

// countsOf gives the windows left, owing and held of each share.
func countsOf(b *archive.Backlog) (all [][3]int) {
	for _, s := range b.Shares {
		all = append(all, [3]int{s.Left, s.Owing, s.Held})
	}
	return all
}

// A watcher sees each share come on, and reads each manifest once: one listing and nothing else where nothing changed.
func TestBacklog_FollowsShares(t *testing.T) {
	w := stretch(t)
	watcher := w.archiver()
	b := w.follow(watcher, nil)
	if diff := cmp.Diff([][3]int{{4, 0, 0}, {4, 0, 0}, {4, 0, 0}}, countsOf(b)); diff != "" {
		t.Errorf("at first (-want +got):\n%s", diff)
	}
	w.tryShare(2, shares)
	w.spends(spent{Lists: 2, Gets: 4}, w.costs(func() { b = w.follow(watcher, b) }))
	if diff := cmp.Diff([][3]int{{4, 0, 0}, {0, 0, 4}, {4, 0, 0}}, countsOf(b)); diff != "" {
		t.Errorf("after share 2 (-want +got):\n%s", diff)
	}
	w.spends(spent{Lists: 2}, w.costs(func() { b = w.follow(watcher, b) }))
	w.tryShare(1, shares)
	w.tryShare(3, shares)
	b = w.follow(watcher, b)
	files := 2*stretchHours + heavyCalls - 1
	want := &archive.Backlog{From: whole().From, To: whole().To, Shares: b.Shares, Calls: files + 1, Files: files, Bytes: int64(files * len(song(40, 0)))}
	if diff := cmp.Diff(want, b, cmpopts.IgnoreUnexported(archive.Backlog{})); diff != "" || b.Left() != 0 {
		t.Errorf("at last, %d left (-want +got):\n%s", b.Left(), diff)
	}
}

// What is owed is told from what is left: a file that was tried is waited for, one that nobody had time for is work.
func TestBacklog_TellsOwingFromLeft(t *testing.T) {
	for name, c := range map[string]struct {
		way  archivetest.Way
		want [3]int
	}{
		"unreachable": {archivetest.Unreachable, [3]int{0, 1, 11}},
		"hanging":     {archivetest.Hanging, [3]int{1, 0, 11}},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := stretch(t)
			w.file("call-1-0", "recording.mp3", func(m *archivetest.Media) { m.Way = archivetest.Always(c.way) })
			w.within(2*time.Second, whole())
			b, err := w.archiver().Backlog(t.Context(), whole(), nil)
			if err != nil {
				t.Fatal(err)
			}
			if got := countsOf(b); len(got) != 1 || got[0] != c.want || b.Owed != 1 {
				t.Errorf("%s: left, owing, held %v, %d owed; want %v", name, got, b.Owed, c.want)
			}
		})
	}
}

// A manifest that cannot be trusted is work, and so is a settled window that is still open.
func TestBacklog_BrokenAndOpenAreLeft(t *testing.T) {
	w := smallWorld(t)
	w.timer()
	q := window()
	q.Mode = archive.ModeBackfill
	left := func() int {
		t.Helper()
		b, err := w.archiver().Backlog(t.Context(), q, nil)
		if err != nil {
			t.Fatal(err)
		}
		return b.Left()
	}
	if n := left(); n != 0 {
		t.Errorf("%d windows left, although the only one is archived and watched", n)
	}
	w.now = w.now.AddDate(0, 0, 2)
	if n := left(); n != 1 {
		t.Errorf("%d windows left, although one has settled and is open", n)
	}
	o, _ := w.store.Object(manifestKey)
	w.now = w.now.AddDate(0, 0, -2)
	w.store.Set(manifestKey, o.Data[:len(o.Data)/2], o.Options)
	if n := left(); n != 1 {
		t.Errorf("%d windows left, although a manifest is cut", n)
	}
}

func TestBacklog_RefusesWhatABackfillRefuses(t *testing.T) {
	w := stretch(t)
	if _, err := w.archiver().Backlog(t.Context(), archive.Request{}, nil); !isRequestError(err) {
		t.Errorf("no range: %v", err)
	}
}

// Answers are found by request id, whatever the id is, and only from the given moment on.
func TestAnswers(t *testing.T) {
	w := stretch(t)
	w.file("call-0-0", "recording.mp3", func(m *archivetest.Media) { m.Way = archivetest.Always(archivetest.Unreachable) })
	ids := map[string]archive.Request{"a-b/c": whole(), "idle": whole(), "late": {}}
	for _, id := range []string{"a-b/c", "idle", "late"} {
		q := ids[id]
		q.ID, q.Now = id, w.now
		if _, err := w.archiver().Run(t.Context(), q); err != nil {
			t.Fatal(err)
		}
		w.file("call-0-0", "recording.mp3", func(m *archivetest.Media) { m.Way = nil })
		w.run(whole())
		w.now = w.now.Add(time.Hour)
	}
	w.fails("/manifests/", archivetest.Lost, 1)
	if _, err := w.archiver().Run(t.Context(), archive.Request{ID: "broken", Now: w.now}); err == nil {
		t.Fatal("no error")
	}
	broken := archive.Answer{RequestID: "broken", Failed: true, Error: "injected fault"} // of whichever window met it
	asked := []string{"a-b/c", "idle", "late", "broken", "unknown"}
	for since, want := range map[time.Time]map[string]archive.Answer{
		at("06:05:00"): {"a-b/c": {RequestID: "a-b/c"}, "late": {RequestID: "late", Complete: true}, "broken": broken},
		at("08:05:00"): {"late": {RequestID: "late", Complete: true}, "broken": broken},
		at("12:00:00"): {},
	} {
		got, err := w.archiver().Answers(t.Context(), since, asked)
		if err != nil {
			t.Fatal(err)
		}
		for id, answer := range got {
			if answer.Filed.IsZero() {
				t.Errorf("nobody knows when %s was filed", id)
			}
			if answer.Filed = (time.Time{}); id == "broken" {
				_, answer.Error, _ = strings.Cut(answer.Error, ".json: ")
			}
			got[id] = answer
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("since %v (-want +got):\n%s", since, diff)
		}
	}
}
