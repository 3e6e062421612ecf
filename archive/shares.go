package archive

import "fmt"

// Whoever cuts a backlog into shares holds no state: each share finds its windows again by Share.Has, and what of them is left to
// do by their manifests. A share that is handed out twice does its work twice, and harms nothing; one that is lost is cut again by
// the next coordinator.

// deal cuts a backlog into shares and says, in the report's Next, what each of them is to do.
func (r *run) deal(tasks []Task) error {
	heavy, err := r.census(tasks)
	if err != nil && (r.interrupted() || !r.timeUp(err)) {
		return r.unlessStopped(err)
	}
	if err != nil {
		r.report.note("time was up before all windows with very many calls were found: what was not is copied by one share each")
	}
	r.fewer(heavy)
	cut := r.slices(heavy)
	shares, windows := r.dealt(tasks, cut)
	for i, share := range shares {
		r.hand(share, windows[i], cut)
	}
	if len(tasks) > 0 {
		r.report.Complete = false
		r.report.note(fmt.Sprintf("%d windows %s %s", len(tasks), r.would("are", "would be"), Handed))
	}
	return nil
}

// Handed ends the note of a run that cut a backlog and did no more. Once the shares are done it has nothing to tell.
const Handed = "handed to runs of their own"

// dealt gives the shares that have something to do, and how many windows each of them gets.
func (r *run) dealt(tasks []Task, cut map[string]int) (shares []Share, windows []int) {
	all := make([]int, r.Shares)
	for _, t := range tasks {
		all[shareOf(t.Window, r.indexOf(t.App), r.Shares)]++
	}
	for i, n := range all {
		if share := (Share{Number: i + 1, Of: r.Shares}); n > 0 || share.slicesOf(cut) > 0 {
			shares, windows = append(shares, share), append(windows, n)
		}
	}
	return shares, windows
}

// would is how a note puts what is done, or in a dry run only would be.
func (r *run) would(done, dry string) string {
	if r.DryRun {
		return dry
	}
	return done
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

// fewer lowers the number of shares until each of them gets enough of the API's limit for what it has to list, and says so.
func (r *run) fewer(heavy []stretch) {
	if most := r.mostShares(); r.Shares > most {
		r.report.note(fmt.Sprintf("cut into %d shares, not %d: each needs one request a second of CCC_RATE_LIMIT", most, r.Shares))
		r.Shares = most
	}
	if r.APIRate == 0 {
		return
	}
	most, heavy := r.Shares, r.hopeful(heavy)
	for most > 1 && !r.listable(heavy, most) {
		most--
	}
	if most < r.Shares {
		r.report.note(fmt.Sprintf("cut into %d shares, not %d: with a smaller part of CCC_RATE_LIMIT a run has no time to list a window of %d calls",
			most, r.Shares, heavy[0].calls))
		r.Shares = most
	}
}

// hopeful leaves out the windows, the largest of which come first, that a run cannot list with all of the API's limit either, and
// says so: no number of shares helps them, and the others would wait for nothing. Perhaps the API told a wrong number.
func (r *run) hopeful(heavy []stretch) []stretch {
	n := 0
	for n < len(heavy) && heavy[n].takes() > r.APIRate*runTakes {
		n++
	}
	if n > 0 {
		r.report.note(fmt.Sprintf("%d windows have more calls than a run has time to list, whatever the number of shares: the largest %d", n, heavy[0].calls))
	}
	return heavy[n:]
}

// takes is how many requests it takes to list a stretch.
func (s stretch) takes() int { return (s.calls + PageSize - 1) / PageSize }

// listable tells whether each of n shares can list its heavy windows, the largest of which come first: any one in half of a run's
// time, since it is not the first thing that the run does, and those that it works on at once in all of it. Otherwise they would be
// cut in every run anew. Windows that are not heavy have time enough at one request a second.
func (r *run) listable(heavy []stretch, n int) bool {
	most := r.APIRate / n * runTakes // requests
	windows, pages := make([]int, n), make([]int, n)
	for _, s := range heavy {
		i, takes := shareOf(s.span, r.indexOf(s.app), n), s.takes()
		if windows[i]++; windows[i] <= r.Windows {
			pages[i] += takes
		}
		if 2*takes > most || pages[i] > most {
			return false
		}
	}
	return true
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
	mostHeavy  = 500    // windows that are named: an event has room for 128 KB, and a name takes some 45 bytes of it
)

// slices names the heavy windows, as Request.Slices does. Those of which no more than one ordinary slice is left are not among them:
// that is no work for many.
func (r *run) slices(heavy []stretch) map[string]int {
	var cut map[string]int
	for _, s := range heavy {
		if r.behind(s) <= r.heavyCalls/heavySlice || len(cut) == mostHeavy {
			continue
		}
		if cut == nil {
			cut = map[string]int{}
		}
		cut[r.windowName(s.tasks[0].slot())] = r.slicesFor(s.calls)
	}
	return cut
}

// behind is how many calls and files of a heavy window no run has had time for: all of its calls where nobody has committed it. Of
// one whose manifest cannot be trusted, most files are there.
func (r *run) behind(s stretch) int {
	standing, heard := r.ledgers[s.app][s.span.Start.Unix()]
	switch {
	case !heard:
		return s.calls
	case standing.Broken != "":
		return 0
	}
	return max(s.calls-standing.Inside, 0) + standing.Untried
}

// slicesFor is in how many slices a window is cut: every share gets as many as every other. A share without any would come to the
// windows that it owns while the others still copy their files, and copy them again.
func (r *run) slicesFor(calls int) int {
	slice := max(r.heavyCalls/heavySlice, 1)
	n := min((calls+slice-1)/slice, MostSlices)
	return max(min((n+r.Shares-1)/r.Shares, MostSlices/r.Shares), 1) * r.Shares
}
