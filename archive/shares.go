package archive

import "fmt"

// share cuts a backlog into shares and says, in the report's Next, what each of them is to do.
func (r *run) share(tasks []Task) error {
	counts := make([]int, r.Shares)
	for _, t := range tasks {
		r.report.cover(t.Window)
		counts[r.shareOf(t)]++
	}
	for i, n := range counts {
		if n == 0 {
			continue
		}
		q := r.Request
		q.ID, q.Shares, q.Share = "", 0, Share{Number: i + 1, Of: r.Shares}
		r.report.Next = append(r.report.Next, q)
		r.report.Shares = append(r.report.Shares, ShareReport{Share: q.Share.String(), Windows: n})
	}
	if len(tasks) > 0 {
		r.report.Complete = false
		r.report.note(fmt.Sprintf("%d windows are handed to runs of their own", len(tasks)))
	}
	return nil
}

// shareOf gives the index of a task's share.
func (r *run) shareOf(t Task) int {
	for i := range r.Shares {
		if (Share{Number: i + 1, Of: r.Shares}).Has(t.Window, r.indexOf(t.App)) {
			return i
		}
	}
	return 0
}
