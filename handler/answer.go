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
// is the guard behind it, which cuts the list's end and says so. What it cuts is in the log.
func fit(r *archive.Report) *archive.Report {
	if size(r) <= maxAnswer {
		return r
	}
	cut := *r
	cut.Notes = nil
	for keep := len(r.Windows); size(&cut) > maxAnswer && keep > 0; {
		keep /= 2
		cut.Windows = r.Windows[:keep]
		cut.Notes = []string{fmt.Sprintf("answer cut to fit: %d windows and %d notes left out", len(r.Windows)-keep, len(r.Notes))}
	}
	return &cut
}

// size is the length of r as the library sends it.
func size(r *archive.Report) int {
	b, err := json.Marshal(r)
	if err != nil { // a field that JSON cannot carry: the library will say so
		return 0
	}
	return len(b)
}
