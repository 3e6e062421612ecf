package handler

import (
	"encoding/json"
	"fmt"

	"cdrvault/archive"
)

// maxAnswer is what contract and dashboards allow an answer, in bytes. The platform itself takes 6 MB, but writes
// the answer into a log line.
const maxAnswer = 64<<10 - 1

// fit keeps an answer within maxAnswer. The archive folds long lists itself, and knows what matters in them; this
// is the guard behind it, which halves one list after another and says so. The log has every window.
func fit(r *archive.Report) *archive.Report {
	if size(r) <= maxAnswer {
		return r
	}
	cut, plan := *r, archive.PlanReport{}
	if r.Plan != nil {
		plan, cut.Plan = *r.Plan, &plan
	}
	cut.Notes = []string{leftOut(r, &cut, plan)}
	for _, halve := range []func() bool{
		halving(&cut.Windows), halving(&plan.Windows), halving(&plan.Stretches), halving(&cut.Findings), halving(&cut.Links),
	} {
		for size(&cut) > maxAnswer && halve() {
			cut.Notes = []string{leftOut(r, &cut, plan)}
		}
	}
	return &cut
}

// halving drops the second half of list; false: nothing was left to drop.
func halving[T any](list *[]T) func() bool {
	return func() bool {
		n := len(*list)
		*list = (*list)[:n/2]
		return n > 0
	}
}

// leftOut counts what cut and its plan lack of r.
func leftOut(r, cut *archive.Report, plan archive.PlanReport) string {
	windows := len(r.Windows) - len(cut.Windows)
	if r.Plan != nil {
		windows += len(r.Plan.Windows) - len(plan.Windows)
	}
	return fmt.Sprintf("answer cut to fit: %d windows, %d findings, %d unknown links and %d notes left out",
		windows, len(r.Findings)-len(cut.Findings), len(r.Links)-len(cut.Links), len(r.Notes))
}

// size is the length of r as the library sends it.
func size(r *archive.Report) int {
	b, err := json.Marshal(r)
	if err != nil { // a field that JSON cannot carry: the library will say so
		return 0
	}
	return len(b)
}
