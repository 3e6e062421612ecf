package stage

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"
)

// api answers DescribeTelCdr.
type api struct {
	stage *Stage
	media string // the host that links name

	mu     sync.Mutex
	passed []time.Time // the last Limit requests that passed
}

type apiQuery struct {
	StartTimeStamp, EndTimeStamp int64
	PageSize, PageNumber         int
	SessionIds                   []string
}

func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	scene := a.stage.current()
	var q apiQuery
	if err := json.NewDecoder(r.Body).Decode(&q); err != nil || q.PageSize == 0 {
		http.Error(w, "no query", http.StatusBadRequest)
		return
	}
	pass := a.pass(scene.Limit, time.Now())
	a.stage.count(func(c *Counts) {
		if pass {
			c.API++
		} else {
			c.Refused++
		}
	})
	time.Sleep(scene.APIDelay)
	w.Header().Set("Content-Type", "application/json")
	if !pass {
		w.Write([]byte(`{"Response":{"Error":{"Code":"RequestLimitExceeded","Message":"too many"},"RequestId":"r"}}`))
		return
	}
	answer := a.answer(scene, q)
	w.Header().Set("Content-Length", strconv.Itoa(len(answer)))
	w.Write(answer)
}

// answer is one page. SessionIds picks calls out of the range.
func (a *api) answer(scene *scene, q apiQuery) []byte {
	spans, total := scene.between(q.StartTimeStamp, q.EndTimeStamp)
	size := q.PageSize
	if len(q.SessionIds) > 0 {
		size = total
	}
	calls := scene.page(spans, q.PageNumber, size)
	if len(q.SessionIds) > 0 {
		calls = slices.DeleteFunc(calls, func(n int) bool { return !slices.Contains(q.SessionIds, session(n)) })
		total = len(calls)
	}
	b := make([]byte, 0, 128+len(calls)*600)
	b = append(b, `{"Response":{"TotalCount":`...)
	b = strconv.AppendInt(b, int64(total), 10)
	b = append(b, `,"TelCdrList":[`...)
	for i, n := range calls {
		if i > 0 {
			b = append(b, ',')
		}
		b = scene.AppendCall(b, n, a.media)
	}
	return append(b, `],"RequestId":"r"}}`...)
}

// pass tells whether a request at the time now stays within limit requests in any one second. Those that were refused do
// not count.
func (a *api) pass(limit int, now time.Time) bool {
	if limit == 0 {
		return true
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.passed) >= limit {
		if now.Sub(a.passed[len(a.passed)-limit]) < time.Second {
			return false
		}
		a.passed = a.passed[len(a.passed)-limit+1:]
	}
	a.passed = append(a.passed, now)
	return true
}
