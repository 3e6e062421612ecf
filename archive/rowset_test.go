package archive

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"cdrvault/cdr"
)

// reference is a rowSet as one would write it if memory were endless.
type reference map[string]call

func (r reference) add(c call) {
	if before, ok := r[c.id]; ok && !bytes.Equal(before.line, c.line) {
		c.line, _, _ = cdr.Merge(before.line, c.line)
		_, c.time, _ = cdr.Head(c.line)
	}
	r[c.id] = c
}

// told gives the rows in the order of the lake.
func (r reference) told() (rows []string) {
	var all []call
	for _, c := range r {
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b call) int { return cmp.Or(cmp.Compare(a.time, b.time), cmp.Compare(a.id, b.id)) })
	for _, c := range all {
		rows = append(rows, fmt.Sprintf("%d %s", c.time, c.line))
	}
	return rows
}

func told(t *testing.T, s *rowSet, span interval) (rows []string) {
	t.Helper()
	err := s.each(span, func(c call) error {
		rows = append(rows, fmt.Sprintf("%d %s", c.time, c.line))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// draw makes a state of one of few calls, so that states of one call meet in all ways: with the same content and another,
// with its time, another one, or none.
func draw(t *testing.T, r *rand.Rand) call {
	t.Helper()
	id := fmt.Sprint("call-", r.IntN(12))
	fields := map[string]any{"SessionId": id, "Time": 100 + len(id) + r.IntN(2)*r.IntN(3), "Remark": []string{"", "a", "b"}[r.IntN(3)]}
	switch r.IntN(9) {
	case 0:
		fields["Time"] = nil
	case 1:
		fields["Time"] = "soon"
	case 2:
		fields["More"] = strings.Repeat("x", r.IntN(300))
	}
	raw, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	rec, err := (&cdr.Normalizer{}).Normalize(raw)
	if err != nil {
		t.Fatal(err)
	}
	return call{id: rec.ID, time: rec.Time, line: rec.Line}
}

// checkRowSet adds states of calls to a set whose batches hold some bytes, and asks for the rows now and then.
func checkRowSet(t *testing.T, seed uint64, states, batch int) {
	r := rand.New(rand.NewPCG(seed, 0))
	s, want := newRowSet(batch, t.TempDir()), reference{}
	defer s.close()
	for n := range states {
		c := draw(t, r)
		_, before := want[c.id]
		if known := s.add(c); known != before {
			t.Fatalf("call %s: known %v, want %v", c.id, known, before)
		}
		if want.add(c); n%17 != 0 && n != states-1 {
			continue
		}
		if diff := gocmp.Diff(want.told(), told(t, s, always)); diff != "" || s.len() != len(want) {
			t.Fatalf("seed %d, after %d states in batches of %d: %d calls (-want +got):\n%s", seed, n+1, batch, s.len(), diff)
		}
		left, right := told(t, s, interval{always.first, 106}), told(t, s, interval{107, always.last})
		if diff := gocmp.Diff(want.told(), append(left, right...)); diff != "" {
			t.Fatalf("seed %d: in two spans (-want +got):\n%s", seed, diff)
		}
	}
}

func TestRowSet(t *testing.T) {
	for seed := range uint64(60) {
		for _, batch := range []int{1, 400, 3000, 1 << 20} {
			checkRowSet(t, seed, 60, batch)
		}
	}
}

func FuzzRowSet(f *testing.F) {
	f.Add(uint64(1), uint8(60), uint16(400))
	f.Fuzz(func(t *testing.T, seed uint64, states uint8, batch uint16) {
		checkRowSet(t, seed, int(states), int(batch)+1)
	})
}

// The order in which pages come changes nothing.
func TestRowSet_AnyOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 0))
	var calls []call
	for n := range 500 {
		id := fmt.Sprint("call-", n)
		calls = append(calls, call{id: id, time: int64(n / 3), line: []byte(`{"SessionId":"` + id + `","Time":` + fmt.Sprint(n/3) + "}\n")})
	}
	var want []string
	for range 5 {
		r.Shuffle(len(calls), func(i, j int) { calls[i], calls[j] = calls[j], calls[i] })
		s := newRowSet(1000, "")
		for _, c := range calls {
			s.add(c)
		}
		got := told(t, s, always)
		if want == nil {
			want = got
		}
		if diff := gocmp.Diff(want, got); diff != "" || len(got) != len(calls) {
			t.Errorf("rows (-first order +another):\n%s", diff)
		}
	}
}

// Batches that do not fit into memory wait on the scratch disk; where there is none, they stay.
func TestRowSet_Scratch(t *testing.T) {
	for name, test := range map[string]struct {
		dir  string
		disk bool
	}{"a disk": {t.TempDir(), true}, "no disk": {"", false}, "a disk that refuses": {"/dev/null/nowhere", false}} {
		t.Run(name, func(t *testing.T) {
			s, want := newRowSet(200, test.dir), reference{}
			s.memory = memoryRoom
			defer s.close()
			r := rand.New(rand.NewPCG(7, 0))
			for range 400 {
				c := draw(t, r)
				s.add(c)
				want.add(c)
			}
			if s.disk != nil != test.disk {
				t.Errorf("on disk: %v, want %v", s.disk != nil, test.disk)
			}
			if diff := gocmp.Diff(want.told(), told(t, s, always)); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
		})
	}
}

// Rows that cannot be read back are an error, not fewer rows.
func TestRowSet_CutBatch(t *testing.T) {
	s := newRowSet(1, "")
	s.add(call{id: "a", time: 1, line: []byte("{\"SessionId\":\"a\"}\n")})
	for cut := range s.full[0].packed {
		if cut == 0 {
			continue
		}
		whole := s.full[0].packed
		s.full[0].packed = whole[:cut]
		if err := s.each(always, func(call) error { return nil }); err == nil {
			t.Errorf("no error with %d of %d bytes", cut, len(whole))
		}
		s.full[0].packed = whole
	}
}
