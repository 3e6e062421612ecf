package archive_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cdrvault/archive"
	"cdrvault/archive/archivetest"
)

// inParts is what the names of tests have in them whose windows are cut (see newWorld).
const inParts = "in_parts"

// cut has windows cut for each call that they have, and rows packed one by one.
func (w *world) cut() {
	w.options.MostRows = 1
	archive.InBatches(&w.options, 1)
	w.store.AllowEmpty = func(key string) bool {
		return strings.HasPrefix(key, "lake/cdr/") || strings.HasPrefix(key, "lake/media_index/")
	}
}

// all reads the lines of an object and of those that are numbered after it.
func (w *world) all(first string) (rows []map[string]any) {
	w.Helper()
	stem, _, _ := strings.Cut(first, ".ndjson")
	for _, key := range slices.Sorted(maps.Keys(w.store.Objects())) {
		if strings.HasPrefix(key, stem) {
			rows = append(rows, w.lines(key)...)
		}
	}
	return rows
}

// What is promised holds for windows in several objects as well.
func TestInParts(t *testing.T) {
	for name, test := range map[string]func(*testing.T){
		"faults":               TestFaults,
		"faults, late call":    TestFaults_LateCall,
		"faults are errors":    TestFaults_AreErrors,
		"killed":               TestKilled,
		"interleaved":          TestInterleave,
		"four at once":         TestInterleave_FourAtOnce,
		"withdrawn":            TestShrink_WithdrawnCall,
		"all withdrawn":        TestShrink_AllWithdrawn,
		"blanked fields":       TestShrink_BlankedFields,
		"real changes":         TestShrink_RealChangesAreTaken,
		"vanished link":        TestShrink_LinkVanished,
		"gone at the source":   TestShrink_GoneAtTheSource,
		"rows of a killed run": TestShrink_RowsOfAKilledRunStay,
		"killed, fresh":        TestShrink_ObjectsOfAKilledRunStay,
		"blanked time":         TestShrink_TimeBlanked,
		"foreign rows":         TestShrink_ForeignRows,
		"force":                TestForce_Mends,
		"nothing to mend":      TestForce_NothingToMend,
		"withdrawn, force":     TestForce_IndexOfAWithdrawnCall,
		"beyond mending":       TestForce_WhatCannotBeMended,
		"verify":               TestVerify,
		"repair":               TestVerify_Repair,
	} {
		t.Run(name+" in parts", test)
	}
}

// crowd is a world whose window of 05:00 has n calls, and is cut for each 40 of them. Some of the first 30 name a file.
func crowd(t *testing.T, n int) *world {
	w := newWorld(t)
	w.options.MostRows = 40
	archive.InBatches(&w.options, 4000)
	for i := range n {
		w.join(i)
	}
	return w
}

// join adds call i to the crowd. Calls that follow each other lie far from each other in time.
func (w *world) join(i int) {
	c := archivetest.Call{ID: fmt.Sprintf("call-%03d", i), Time: five.Add(time.Duration(i*1009%3600) * time.Second)}
	if i < 30 && i%3 == 0 {
		c.Files = map[string]*archivetest.Media{"recording.mp3": {Body: song(40, byte(i)), Type: "audio/mpeg"}}
	}
	w.source.Add(app, c)
}

// objects are the names of the window's rows objects, each with its number of rows.
func (w *world) objects() map[string]int {
	w.Helper()
	all := map[string]int{}
	for key := range w.store.Objects() {
		if folder, name, _ := strings.Cut(key, "hour=05/"); strings.HasPrefix(folder, "lake/cdr/") {
			all[name] = len(w.lines(key))
		}
	}
	return all
}

// Into how many objects a window is cut depends on its calls alone.
func TestParts(t *testing.T) {
	for n, want := range map[int]map[string]int{
		40:  {"calls-0500.ndjson.gz": 40},
		41:  {"calls-0500.ndjson.gz": 21, "calls-0500-0001.ndjson.gz": 20},
		80:  {"calls-0500.ndjson.gz": 42, "calls-0500-0001.ndjson.gz": 38},
		100: {"calls-0500.ndjson.gz": 26, "calls-0500-0001.ndjson.gz": 25, "calls-0500-0002.ndjson.gz": 25, "calls-0500-0003.ndjson.gz": 24},
	} {
		w := crowd(t, n)
		w.timer()
		if diff := cmp.Diff(want, w.objects()); diff != "" {
			t.Errorf("%d calls: rows in objects (-want +got):\n%s", n, diff)
		}
		w.resetCounts()
		if w.run(window()); w.puts() != 0 || w.downloads() != 0 {
			t.Errorf("%d calls: a second run made %d puts and %d downloads", n, w.puts(), w.downloads())
		}
		if got := w.found(verified); len(got) != 0 {
			t.Errorf("%d calls: verification found %q", n, got)
		}
	}
}

// The same calls give the same bytes, in whatever order they are listed.
func TestParts_AnyOrder(t *testing.T) {
	want := lakeOf(crowd(t, 90))
	w := crowd(t, 0)
	w.source.PageSize = 7
	for _, i := range rand.New(rand.NewPCG(1, 0)).Perm(90) {
		w.join(i)
	}
	if diff := cmp.Diff(want, lakeOf(w)); diff != "" {
		t.Errorf("lake (-one order +another):\n%s", diff)
	}
}

// A late call rewrites one rows object and one index object, not all of them.
func TestParts_LateCallChangesOne(t *testing.T) {
	w := crowd(t, 90)
	w.timer()
	w.late("late")
	var wrote []string
	w.store.OnPut = func(key string, _ int) archivetest.Fault {
		if strings.Contains(key, "/hour=05/") && !strings.HasPrefix(key, "lake/media/") {
			wrote = append(wrote, key)
		}
		return archivetest.None
	}
	w.run(window())
	want := []string{key("media_index", "hour=05/media-0500-0002.ndjson.gz"), key("cdr", "hour=05/calls-0500-0002.ndjson.gz")}
	if diff := cmp.Diff(want, wrote); diff != "" {
		t.Errorf("writes (-want +got):\n%s", diff)
	}
}

// A window that was archived in one object by a program that knew no others is cut when it is read again.
func TestParts_OfAnOlderArchive(t *testing.T) {
	w := crowd(t, 90)
	w.options.MostRows = 1000
	w.timer()
	w.options.MostRows = 40
	w.run(window())
	if diff := cmp.Diff(lakeOf(crowd(t, 90)), w.lake()); diff != "" {
		t.Errorf("lake (-cut at once +cut later):\n%s", diff)
	}
	w.resetCounts()
	if w.run(window()); w.puts() != 0 {
		t.Errorf("%d puts over unchanged calls", w.puts())
	}
}

// A verification finds a call that stands in two objects, and an object that no manifest names; a repair takes both away.
func TestParts_Verify(t *testing.T) {
	w := crowd(t, 100)
	w.timer()
	first, _ := w.store.Object(rowsKey)
	third := key("cdr", "hour=05/calls-0500-0002.ndjson.gz")
	o, _ := w.store.Object(third)
	w.store.Set(third, slices.Concat(first.Data, o.Data), o.Options)
	if diff := cmp.Diff([]string{"extra call", "changed rows"}, w.found(verified)); diff != "" {
		t.Errorf("a call in two objects: findings (-want +got):\n%s", diff)
	}
	repair := verified
	repair.Repair = true
	if got := w.found(repair); len(got) != 0 {
		t.Errorf("after the repair: %q", got)
	}
	w.walker.Whole(t)
	w.store.Set(key("cdr", "hour=05/calls-0500-0007.ndjson.gz"), first.Data, first.Options)
	if diff := cmp.Diff([]string{"extra rows"}, w.found(verified)); diff != "" {
		t.Errorf("an object too many: findings (-want +got):\n%s", diff)
	}
	if got := w.found(repair); len(got) != 0 {
		t.Errorf("after the repair: %q", got)
	}
	w.walker.Whole(t)
}
