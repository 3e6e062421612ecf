package archive_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"cdrvault/archive"
	"cdrvault/archive/archivetest"
)

// oneFile is a world with one short call, whose recording goes the given ways.
func oneFile(t *testing.T, way func(int) archivetest.Way) *world {
	w := newWorld(t)
	w.source.Add(app, archivetest.Call{ID: "call-1", Time: at("05:30:00"), Talk: 1, Files: map[string]*archivetest.Media{
		"recording.mp3": {Body: song(40, 1), Type: "audio/mpeg", Way: way},
	}})
	return w
}

const theFile = "recording.mp3"

// stands checks where the one file stands.
func (w *world) stands(want archive.Status) {
	w.Helper()
	f := w.indexed(mediaKey("call-1", theFile))
	if f["status"] != string(want) {
		w.Errorf("the file is %v (%v), want %s", f["status"], f["reason"], want)
	}
}

// What one run makes of each way that a download can go, and what the next run makes of it.
func TestDebts(t *testing.T) {
	forever := archivetest.Always
	tests := []struct {
		name      string
		way       func(int) archivetest.Way
		settled   bool
		now, then archive.Status
	}{
		{"whole", nil, false, archive.Archived, archive.Archived},
		{"of unknown length", archivetest.Once(archivetest.UnknownLength), false, archive.Archived, archive.Archived},
		{"cut once", archivetest.Once(archivetest.Cut), false, archive.Archived, archive.Archived},
		{"unreachable once", archivetest.Once(archivetest.Unreachable), false, archive.Archived, archive.Archived},
		{"error page once", archivetest.Once(archivetest.Page), false, archive.Archived, archive.Archived},
		{"wrong checksum once", archivetest.Once(archivetest.WrongChecksum), false, archive.Archived, archive.Archived},
		{"empty once", archivetest.Once(archivetest.Empty), false, archive.Archived, archive.Archived},
		{"expired once", archivetest.Once(archivetest.Expired), false, archive.Archived, archive.Archived},
		{"expired twice", archivetest.Once(archivetest.Expired, archivetest.Expired), false, archive.Archived, archive.Archived},
		{"not there yet", archivetest.Once(archivetest.Missing), false, archive.Pending, archive.Archived},
		{"always cut", forever(archivetest.Cut), false, archive.Pending, archive.Pending},
		{"always an error page", forever(archivetest.Page), false, archive.Pending, archive.Pending},
		{"always empty", forever(archivetest.Empty), false, archive.Pending, archive.Pending},
		{"always unreachable", forever(archivetest.Unreachable), true, archive.Pending, archive.Pending},
		{"always expired", forever(archivetest.Expired), false, archive.Pending, archive.Pending},
		{"always expired, settled", forever(archivetest.Expired), true, archive.Pending, archive.Pending},
		{"always missing", forever(archivetest.Missing), false, archive.Pending, archive.Pending},
		{"always missing, settled", forever(archivetest.Missing), true, archive.Lost, archive.Lost},
		{"refused", forever(archivetest.Refused), false, archive.Refused, archive.Refused},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := oneFile(t, test.way)
				if test.settled {
					w.now = w.now.Add(24 * time.Hour)
				}
				report := w.run(window())
				w.stands(test.now)
				if owed := test.now == archive.Pending; report.Complete == owed || (report.Debts != nil) != owed {
					t.Errorf("complete %v, debts %v", report.Complete, report.Debts)
				}
				w.now = w.now.Add(time.Hour)
				w.run(window())
				w.stands(test.then)
			})
		})
	}
}

// A transcript is not asked for while it is being made.
func TestDebts_Processing(t *testing.T) {
	w := smallWorld(t)
	w.source.Edit(app, "call-1", func(c *archivetest.Call) { c.Transcribed = at("06:30:00") })
	w.timer()
	if n := w.source.Downloads()["call-1/asr.json"]; n != 0 {
		t.Errorf("%d downloads of a transcript that is being made", n)
	}
	if debts := w.committed().Debts; len(debts) != 1 || debts[0].Next != "when the transcript is complete" {
		t.Errorf("debts: %+v", debts)
	}
	w.now = at("06:35:00")
	w.timer()
	if got := w.committed(); len(got.Debts) != 0 || len(got.Media) != 6 {
		t.Errorf("%d debts, %d files", len(got.Debts), len(got.Media))
	}
}

func TestDebts_TranscriptThatDoesNotExist(t *testing.T) {
	w := smallWorld(t)
	w.source.Edit(app, "call-1", func(c *archivetest.Call) { c.Fields = map[string]any{"AsrStatus": "NotExists"} })
	w.file("call-1", "asr.json", func(m *archivetest.Media) { m.Gone = true })
	w.timer()
	if lost := w.committed().Lost; len(lost) != 1 {
		t.Errorf("lost: %+v, want the transcript", lost)
	}
}

// Where links expire before their turn comes, fresh ones are asked for together, and the same run gets every file.
func TestDebts_FreshLinksInTheSameRun(t *testing.T) {
	w := smallWorld(t)
	for _, c := range []struct{ id, name string }{{"call-1", "recording.mp3"}, {"call-2", "participant-0.mp3"}, {"call-3", "voicemail-0.mp3"}} {
		w.file(c.id, c.name, func(m *archivetest.Media) { m.Way = archivetest.Once(archivetest.Expired) })
	}
	report := w.timer()
	if n := w.source.Requests()[archivetest.AskedSessions]; n != 1 {
		t.Errorf("%d requests for fresh links, want one for all", n)
	}
	if report.Totals.Media.Copied != 6 {
		t.Errorf("%d files copied, want 6", report.Totals.Media.Copied)
	}
}

// The API gives no fresh links: the window is committed all the same.
func TestDebts_NoFreshLinksStillCommits(t *testing.T) {
	w := oneFile(t, archivetest.Once(archivetest.Expired))
	w.source.OnRequest = func(_ context.Context, what archivetest.Asked, _ int) error {
		if what == archivetest.AskedSessions {
			return errors.New("AuthFailure: no")
		}
		return nil
	}
	if _, err := w.try(t.Context(), archive.Request{}); err != nil {
		t.Logf("run: %v", err)
	}
	w.stands(archive.Pending)
	w.source.OnRequest = nil
	w.timer()
	w.stands(archive.Archived)
}

// However often links expire, that says nothing about the file.
func TestDebts_ExpiryNeverLoses(t *testing.T) {
	w := oneFile(t, archivetest.Once(archivetest.Expired, archivetest.Expired, archivetest.Expired, archivetest.Expired))
	w.now = w.now.Add(30 * 24 * time.Hour)
	w.run(window())
	w.stands(archive.Pending)
	w.run(window())
	w.stands(archive.Archived)
}

// After the source's three months what is still owed is lost, with the last reason.
func TestDebts_LostAfterRetention(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := oneFile(t, archivetest.Always(archivetest.Page))
		w.timer()
		w.stands(archive.Pending)
		w.now = w.now.AddDate(0, 3, 1)
		w.run(window())
		w.stands(archive.Lost)
		if got := w.committed(); got.State != "final" || len(got.Lost) != 1 {
			t.Errorf("state %s, lost %v", got.State, got.Lost)
		}
	})
}

// What is lost is asked for again only by force.
func TestDebts_LostIsNotAskedForAgain(t *testing.T) {
	w := oneFile(t, nil)
	w.file("call-1", theFile, func(m *archivetest.Media) { m.Gone = true })
	w.now = w.now.Add(24 * time.Hour)
	w.run(window())
	w.stands(archive.Lost)
	w.file("call-1", theFile, func(m *archivetest.Media) { m.Gone = false })
	w.resetCounts()
	w.run(window())
	if w.downloads() != 0 || w.puts() != 0 {
		t.Errorf("%d downloads, %d puts", w.downloads(), w.puts())
	}
	w.run(archive.Request{From: five, To: five.Add(time.Hour), Force: true})
	w.stands(archive.Archived)
}

// A host that was not allowed is asked as soon as it is.
func TestDebts_HostAllowedLater(t *testing.T) {
	w := oneFile(t, archivetest.Once(archivetest.Refused))
	allowed := w.options.MediaHost
	w.options.MediaHost = func(string) bool { return false }
	w.timer()
	w.stands(archive.Refused)
	w.options.MediaHost = allowed
	w.run(window())
	w.stands(archive.Archived)
}

// A debt keeps its beginning, and counts one try for each window length at most.
func TestDebts_Books(t *testing.T) {
	w := oneFile(t, archivetest.Always(archivetest.Missing))
	w.timer()
	first := w.committed().Debts[0]
	w.now = w.now.Add(10 * time.Minute)
	w.resetCounts()
	w.timer()
	if w.puts() != 0 {
		t.Errorf("%d puts only to say that nothing changed", w.puts())
	}
	w.now = w.now.Add(50 * time.Minute)
	w.timer()
	got := w.committed().Debts[0]
	if !got.Since.Equal(first.Since) || got.Tries != 2 || !got.LastTry.Equal(w.now) {
		t.Errorf("debt %+v, at first %+v", got, first)
	}
	if want := at("05:30:00").AddDate(0, 3, 0); !got.GoneBy.Equal(want) {
		t.Errorf("gone by %s, want %s", got.GoneBy, want)
	}
}

// A call with a minute of talk and a second of recording is kept, and marked.
func TestDebts_Suspect(t *testing.T) {
	w := oneFile(t, nil)
	w.source.Edit(app, "call-1", func(c *archivetest.Call) { c.Talk = 300 })
	w.timer()
	w.stands(archive.Suspect)
	if media := w.committed().Media; len(media) != 1 || media[0].Reason == "" {
		t.Errorf("the manifest does not mark the file: %+v", media)
	}
}

// An owed file of a call that the API no longer lists cannot be tried; it is lost once the window has settled.
func TestDebts_WithdrawnCall(t *testing.T) {
	w := oneFile(t, archivetest.Once(archivetest.Missing))
	w.timer()
	w.source.Withdraw(app, "call-1")
	w.run(window())
	w.stands(archive.Pending)
	if d := w.committed().Debts[0]; d.Tries != 1 || d.Next != "when the API lists its call again" {
		t.Errorf("the file is tried %d times, and next %s", d.Tries, d.Next)
	}
	w.now = w.now.Add(2 * time.Hour)
	w.resetCounts()
	w.run(window())
	if w.puts() != 0 {
		t.Errorf("%d puts only to say that nothing changed", w.puts())
	}
	w.now = w.now.Add(22 * time.Hour)
	w.run(window())
	w.stands(archive.Lost)
}

// Before an owed file is lost, the bucket is looked at: a run that was killed may have copied it.
func TestDebts_CopiedByAKilledRun(t *testing.T) {
	body := song(40, 1)
	for name, c := range map[string]struct {
		way  archivetest.Way
		gone func(w *world)
	}{
		"its call is withdrawn":    {archivetest.Missing, func(w *world) { w.source.Withdraw(app, "call-1"); w.now = w.now.Add(24 * time.Hour) }},
		"the source's months pass": {archivetest.Page, func(w *world) { w.now = w.now.AddDate(0, 3, 1) }},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := oneFile(t, archivetest.Always(c.way))
				w.timer()
				w.stands(archive.Pending)
				w.store.Set(mediaKey("call-1", theFile), body, story(w, body))
				c.gone(w)
				w.run(window())
				w.stands(archive.Archived)
				if got := w.committed(); got.State != "final" || len(got.Media) != 1 {
					t.Errorf("state %s, %d files", got.State, len(got.Media))
				}
			})
		})
	}
}

// Where the bucket does not tell whether it has an owed file, the file is not lost.
func TestDebts_BucketThatCannotBeAsked(t *testing.T) {
	w := oneFile(t, archivetest.Once(archivetest.Missing))
	w.timer()
	w.source.Withdraw(app, "call-1")
	w.now = w.now.Add(24 * time.Hour)
	w.store.OnStat = func(key string) error {
		if key == mediaKey("call-1", theFile) {
			return errors.New("SlowDown")
		}
		return nil
	}
	w.run(window())
	w.stands(archive.Pending)
	w.store.OnStat = nil
	w.run(window())
	w.stands(archive.Lost)
}
