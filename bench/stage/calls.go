package stage

import (
	"fmt"
	"sort"
	"strconv"
	"time"
)

// margin keeps calls away from the edges of an hour, in seconds: whether the API's ranges are open or closed is no matter
// here.
const margin = 2

// second is when the n-th call of an hour with calls many of them came in, counted from the hour's begin.
func second(n, calls int) int64 { return margin + int64(n)*(3600-2*margin)/int64(calls) }

// span is a run of calls of one hour.
type span struct {
	hour     int // of the scene
	from, to int // half-open
}

// between gives the calls of s whose times lie in [from, to], in Unix seconds, oldest first.
func (s Scene) between(from, to int64) (spans []span, total int) {
	for hour := range s.Hours {
		start := s.From.Unix() + int64(hour)*3600
		if start > to || start+3600 <= from {
			continue
		}
		after := func(t int64) int { // calls of the hour before t
			return sort.Search(s.Calls, func(n int) bool { return start+second(n, s.Calls) >= t })
		}
		if part := (span{hour, after(from), after(to + 1)}); part.from < part.to {
			spans = append(spans, part)
			total += part.to - part.from
		}
	}
	return spans, total
}

// page gives the numbers of the calls of one page.
func (s Scene) page(spans []span, number, size int) []int {
	var calls []int
	skip, room := number*size, size
	for _, p := range spans {
		n := p.to - p.from
		if skip >= n {
			skip -= n
			continue
		}
		for i := p.from + skip; i < p.to && room > 0; i++ {
			calls, room = append(calls, p.hour*s.Calls+i), room-1
		}
		skip = 0
	}
	return calls
}

// AppendCall appends the API's JSON of the scene's call n: about 400 bytes, 500 with a link. mediaHost is where its recording
// is, as "host:port". The link's signature is made up; the number is one that nobody can have.
func (s Scene) AppendCall(b []byte, n int, mediaHost string) []byte {
	at := s.From.Unix() + int64(n/s.Calls)*3600 + second(n%s.Calls, s.Calls)
	b = fmt.Appendf(b, `{"SessionId":"%s","Time":%d,"Direction":%d,"CallType":1,"Duration":%d,"Caller":"0086100%08d","Callee":"008600000001",`,
		session(n), at, n%2, 10+n%50, n%100_000_000)
	b = fmt.Appendf(b, `"StartTimestamp":%d,"AcceptTimestamp":%d,"EndedTimestamp":%d,"EndStatus":1,"EndStatusString":"ok","SkillGroup":"售后服务",`,
		at, at+4, at+60)
	b = append(b, `"SkillGroupId":7205759403792793601,"IVRKeyPressed":["1","3"],"SeatUser":{"UserId":"seat`...)
	b = strconv.AppendInt(b, int64(n%40), 10)
	b = append(b, `","StaffNumber":"S0001"},"Remark":null,"RecordURL":"`...)
	if s.Bytes > 0 {
		b = fmt.Appendf(b, "http://%s/recordings/%d.mp3?sign=%032x", mediaHost, n, n)
	}
	return append(b, `"}`...)
}

func session(n int) string { return fmt.Sprintf("s-%08d-0000-4000", n) }

// Hour is a full hour that lies so far back that its calls have settled.
func Hour(now time.Time) time.Time { return now.UTC().Truncate(time.Hour).Add(-48 * time.Hour) }
