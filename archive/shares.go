package archive

import (
	"fmt"
	"slices"
)

// Whoever cuts a backlog into shares holds no state: each share finds its windows again by Share.Has, and what of them is left to
// do by their manifests. A share that is handed out twice does its work twice, and harms nothing; one that is lost is cut again by
// the next coordinator.

// share cuts a backlog into shares and says, in the report's Next, what each of them is to do.
func (r *run) share(tasks []Task) error {
	if most := r.mostShares(); r.Shares > most {
		r.report.note(fmt.Sprintf("cut into %d shares, not %d: each needs one request a second of CCC_RATE_LIMIT", most, r.Shares))
		r.Shares = most
	}
	cut, err := r.slices(tasks)
	if err != nil {
		return err
	}
	windows := make([]int, r.Shares)
	for _, t := range tasks {
		r.report.cover(t.Window)
		windows[shareOf(t.Window, r.indexOf(t.App), r.Shares)]++
	}
	for i, n := range windows {
		if share := (Share{Number: i + 1, Of: r.Shares}); n > 0 || share.slicesOf(cut) > 0 {
			r.hand(share, n, cut)
		}
	}
	if len(tasks) > 0 {
		r.report.Complete = false
		r.report.note(fmt.Sprintf("%d windows are handed to runs of their own", len(tasks)))
	}
	return nil
}

// hand has the report name a share and, unless nothing is to be done in earnest, the run that works on it.
func (r *run) hand(share Share, windows int, cut map[string]int) {
	r.report.Shares = append(r.report.Shares, ShareReport{Share: share.String(), Windows: windows, Slices: share.slicesOf(cut)})
	if r.DryRun {
		return
	}
	q := r.Request
	q.ID, q.Shares, q.Share, q.Slices = "", 0, share, cut
	r.report.Next = append(r.report.Next, q)
}

// mostShares is how many shares the API's limit allows: each needs a request a second, for they share it in whole ones.
func (r *run) mostShares() int {
	if r.APIRate == 0 {
		return r.Shares
	}
	return r.APIRate
}

// slicesOf is how many slices of all windows a share copies: of n slices those i with i%Of == Number-1.
func (s Share) slicesOf(cut map[string]int) (sum int) {
	for _, n := range cut {
		sum += (n - s.Number + s.Of) / s.Of
	}
	return sum
}

// Bounds of slicing.
const (
	heavyCalls = 20_000 // a window with more would keep one share busy long after the others
	heavySlice = 4      // of a window that is just heavy, slices: 5,000 calls each
	mostSlices = 64
	mostHeavy  = 500 // windows that are named: an event has room for 128 KB, and a name takes some 30 bytes of it
)

// slices names the windows with very many calls, as Request.Slices does. Windows that have a manifest are not among them: most of
// their files are there. It is only to spread the work, so that for want of time there are none.
func (r *run) slices(tasks []Task) (map[string]int, error) {
	tasks = slices.DeleteFunc(slices.Clone(tasks), func(t Task) bool { return !t.Unheard })
	days := r.days(tasks)
	heavy, err := r.allHeavy(days)
	if err != nil && ended(r.soon) {
		r.report.note("time was up before windows with very many calls were looked for: each is copied by one share")
		return nil, nil
	}
	slices.SortStableFunc(heavy, func(a, b stretch) int { return b.calls - a.calls })
	cut := map[string]int{}
	for _, s := range heavy {
		name := r.Grid.Stamp(s.span.Start)
		if _, named := cut[name]; named || len(cut) < mostHeavy {
			cut[name] = max(cut[name], r.slicesFor(s.calls)) // of several applications, the one with the most calls
		}
	}
	if len(cut) == 0 {
		return nil, err
	}
	return cut, err
}

// allHeavy counts the days, and finds the heavy windows of those that may have some.
func (r *run) allHeavy(days []stretch) ([]stretch, error) {
	if err := r.count(days); err != nil {
		return nil, err
	}
	var all []stretch
	for _, day := range days {
		some, err := r.heavy(day, r.heavyCalls)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return all, nil
}

// slicesFor is in how many slices a window is cut. Where there are more than shares, every share gets as many as every other.
func (r *run) slicesFor(calls int) int {
	slice := max(r.heavyCalls/heavySlice, 1)
	n := min((calls+slice-1)/slice, mostSlices)
	if n <= r.Shares {
		return n
	}
	return min((n+r.Shares-1)/r.Shares, mostSlices/r.Shares) * r.Shares
}
