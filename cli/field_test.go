package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// field is a function whose runs do a window a second each, as far as they come, and books on it.
type field struct {
	left  []int // by share
	reach []int // how many windows a run of a share does before its time is up; absent: all
	runs  []*fieldRun
	asked int           // events
	queue time.Duration // that long the events of the last share wait for their turn
	lost  int           // that many of the next events are taken and never run
	deny  error         // of the next events
	from  int           // the events after so many are denied; 0: all
	most  int           // so many are denied; 0: all
	rest  bool          // a run that does not do all says that it left something
	gap   time.Duration // that long after such a run another one goes on by itself; 0: none does
	blind int           // that many of the next looks fail
	owing int
	why   string // every run ends with this error, in which # is the number of the try; empty: none
	tries int    // how many tries of such a run file an answer, a minute apart
}

type fieldRun struct {
	id    string
	share int
	since time.Time
	at    int // windows that were left when it began
}

func (f *field) Invoke(_ context.Context, event []byte) (string, error) {
	if f.asked++; f.deny != nil && f.asked > f.from && (f.most == 0 || f.asked <= f.from+f.most) {
		return "", f.deny
	}
	var number, of int
	at := strings.Index(string(event), `"share":"`)
	if _, err := fmt.Sscanf(string(event[at:]), `"share":"%d/%d"`, &number, &of); err != nil || of != len(f.left) {
		return "", fmt.Errorf("event %s: no share of %d", event, len(f.left))
	}
	f.settle()
	run := &fieldRun{id: fmt.Sprintf("run-%d", len(f.runs)+1), share: number - 1, since: time.Now(), at: f.left[number-1]}
	if number == of {
		run.since = run.since.Add(f.queue)
	}
	if f.lost > 0 {
		f.lost--
		run.at = -1
	}
	f.runs = append(f.runs, run)
	return run.id, nil
}

func (f *field) Close() {}

// does is how many windows a run has done by now, those included that go on after it, and whether it is over itself.
func (f *field) does(r *fieldRun) (windows int, over bool) {
	most, seconds := r.at, int(time.Since(r.since)/time.Second)
	if seconds < 0 {
		return 0, false
	}
	if r.share < len(f.reach) {
		most = min(most, f.reach[r.share])
	}
	over = seconds >= most
	if over && f.gap > 0 && most > 0 {
		cycle := most + int(f.gap/time.Second)
		return min(seconds/cycle*most+min(seconds%cycle, most), r.at), over
	}
	return min(seconds, most), over
}

func (f *field) settle() {
	for _, r := range f.runs {
		if windows, _ := f.does(r); r.at >= 0 {
			f.left[r.share] = min(f.left[r.share], r.at-windows)
		}
	}
}

func (f *field) look(context.Context) (standing, error) {
	if f.blind > 0 {
		f.blind--
		return standing{}, errors.New("list manifests: refused")
	}
	f.settle()
	all := 0
	for _, left := range f.left {
		all += left
	}
	return standing{left: slices.Clone(f.left), calls: 1000 - all, files: 100, owed: f.owing, owing: f.owing}, nil
}

func (f *field) ended(_ context.Context, ids []string) (map[string]runEnd, error) {
	ended := map[string]runEnd{}
	for _, r := range f.runs {
		windows, over := f.does(r)
		if !over || r.at < 0 || !slices.Contains(ids, r.id) {
			continue
		}
		again := min(int(time.Since(r.since)/time.Minute), max(f.tries-1, 0))
		end := runEnd{done: f.why == "", why: strings.ReplaceAll(f.why, "#", strconv.Itoa(again)), filed: r.since.Add(time.Duration(again) * time.Minute)}
		if f.rest {
			end.rest = r.at - windows
		}
		ended[r.id] = end
	}
	return ended, nil
}
