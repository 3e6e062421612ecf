package center

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"cdrvault/devcloud/calls"
	"cdrvault/devcloud/tc3"
)

// The limits of the document.
const (
	maxPage = 100
	maxBack = 180 * 24 * time.Hour
	maxSpan = 90 * 24 * time.Hour
)

// query is a DescribeTelCdr whose parameters were checked.
type query struct {
	app        string
	start, end int64 // Unix seconds, as asked
	size, page int
	phones     []string
	sessions   map[string]bool
}

// parameters are those of a request, by name, as JSON. Names are told by case, as the API does.
type parameters map[string]json.RawMessage

// known are the parameters of the document, the dead ones (InstanceId, Limit, Offset) included.
var known = []string{
	"SdkAppId", "StartTimeStamp", "EndTimeStamp", "PageSize", "PageNumber", "Phones", "SessionIds", "InstanceId", "Limit",
	"Offset",
}

// parseQuery reads and checks the parameters of a request.
func parseQuery(r *http.Request, body []byte, now time.Time) (query, error) {
	p, err := readParameters(r, body)
	if err != nil {
		return query{}, err
	}
	for name := range p {
		if !slices.Contains(known, name) {
			return query{}, tc3.Fail("UnknownParameter", "The parameter `%s` is not recognized.", name)
		}
	}
	var numbers [5]int64
	for i, name := range known[:len(numbers)] {
		if numbers[i], err = p.integer(name); err != nil {
			return query{}, err
		}
	}
	q := query{
		app: strconv.FormatInt(numbers[0], 10), start: numbers[1], end: numbers[2], size: int(numbers[3]),
		page: int(numbers[4]),
	}
	if q.phones, err = p.list("Phones"); err != nil {
		return query{}, err
	}
	ids, err := p.list("SessionIds")
	if err != nil {
		return query{}, err
	}
	for _, id := range ids {
		if q.sessions == nil {
			q.sessions = map[string]bool{}
		}
		q.sessions[id] = true
	}
	return q, q.check(now)
}

// check holds the values against the limits of the document.
func (q query) check(now time.Time) error {
	switch {
	case q.size < 1 || q.size > maxPage:
		return tc3.Fail("InvalidParameterValue", "PageSize %d is not from 1 to %d.", q.size, maxPage)
	case q.page < 0:
		return tc3.Fail("InvalidParameterValue", "PageNumber %d is negative.", q.page)
	case q.end < q.start:
		return tc3.Fail("InvalidParameterValue", "EndTimeStamp lies before StartTimeStamp.")
	case q.start < now.Add(-maxBack).Unix():
		return tc3.Fail("InvalidParameterValue", "StartTimeStamp lies more than 180 days back.")
	case q.end-q.start >= int64(maxSpan/time.Second):
		return tc3.Fail("InvalidParameterValue", "The range is not shorter than 90 days.")
	}
	return nil
}

// bounds is the range as the first and the last second inside.
func (q query) bounds(reading Range) (first, last int64) {
	switch reading {
	case HalfOpen:
		return q.start, q.end - 1
	case Open:
		return q.start + 1, q.end - 1
	default:
		return q.start, q.end
	}
}

// wants tells whether a call passes the filters.
func (q *query) wants(c *calls.Call) bool {
	if q.sessions != nil && !q.sessions[c.Session] {
		return false
	}
	return len(q.phones) == 0 || slices.Contains(q.phones, c.Customer) || slices.Contains(q.phones, c.Line)
}

// cut is the page that was asked for; one behind the last is empty.
func (q query) cut(found []*entry) []*entry {
	if q.page > len(found)/q.size {
		return nil
	}
	from := q.page * q.size
	return found[from:min(from+q.size, len(found))]
}

// readParameters takes them from a POST's JSON or from a GET's query.
func readParameters(r *http.Request, body []byte) (parameters, error) {
	if r.Method == http.MethodGet {
		return formParameters(r), nil
	}
	p := parameters{}
	if err := json.Unmarshal(body, &p); err != nil {
		return nil, tc3.Fail("InvalidParameter", "The request body is no JSON object.")
	}
	for name, value := range p {
		if bytes.Equal(value, []byte("null")) {
			delete(p, name)
		}
	}
	return p, nil
}

// formParameters turns Phones.0=a&Phones.1=b&PageSize=100 into {"Phones":["a","b"],"PageSize":100}.
func formParameters(r *http.Request) parameters {
	form := r.URL.Query()
	p := parameters{}
	for name, values := range form {
		if _, _, isList := strings.Cut(name, "."); !isList {
			p[name] = json.RawMessage(values[0])
		}
	}
	for _, name := range []string{"Phones", "SessionIds"} {
		var list []string
		for i := 0; form.Has(name + "." + strconv.Itoa(i)); i++ {
			list = append(list, form.Get(name+"."+strconv.Itoa(i)))
		}
		if list != nil {
			p[name], _ = json.Marshal(list) // strings: no error is possible
		}
	}
	return p
}

// integer is a parameter that must be there and be a whole number.
func (p parameters) integer(name string) (int64, error) {
	value, ok := p[name]
	if !ok {
		return 0, tc3.Fail("MissingParameter", "The request lacks the parameter `%s`.", name)
	}
	n, err := strconv.ParseInt(string(value), 10, 64)
	if err != nil {
		return 0, tc3.Fail("InvalidParameter", "The parameter `%s` is no integer.", name)
	}
	return n, nil
}

// list is a parameter that may be there and be an array of strings.
func (p parameters) list(name string) ([]string, error) {
	value, ok := p[name]
	if !ok {
		return nil, nil
	}
	var list []string
	if err := json.Unmarshal(value, &list); err != nil {
		return nil, tc3.Fail("InvalidParameter", "The parameter `%s` is no array of strings.", name)
	}
	return list, nil
}
