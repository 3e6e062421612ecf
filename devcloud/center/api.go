package center

import (
	"encoding/json"
	"net/http"
	"time"

	"cdrvault/devcloud/tc3"
)

// answer is what the API sends when all went well.
type answer struct {
	TotalCount int
	TelCdrList *[]json.RawMessage `json:",omitempty"`
	TelCdrs    *[]json.RawMessage `json:",omitempty"`
	RequestId  string
}

// serveAPI answers one request.
func (c *Center) serveAPI(w http.ResponseWriter, r *http.Request) {
	a, err := c.call(r)
	if err != nil { // one without a code comes from a record that a test set by hand
		e := tc3.AsError(err)
		c.stats.refuse(e.Code)
		tc3.Refuse(w, http.StatusOK, e)
		return
	}
	a.RequestId = tc3.RequestID()
	tc3.Answer(w, a)
}

// call takes a request through the steps of the API: who asks, for what, how often, with which parameters.
func (c *Center) call(r *http.Request) (*answer, error) {
	body, err := c.api.Admit(r)
	if err != nil {
		return nil, err
	}
	if !c.limit.take(c.o.Wall()) {
		return nil, tc3.Fail("RequestLimitExceeded", "The request frequency is over %d a second.", c.o.RateLimit)
	}
	now := c.o.Now()
	q, err := parseQuery(r, body, now)
	if err != nil {
		return nil, err
	}
	return c.describe(r, q, now)
}

// describe makes a page of the answer, its links signed for this request alone.
func (c *Center) describe(r *http.Request, q query, now time.Time) (*answer, error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if _, ok := c.books[q.app]; !ok {
		return nil, tc3.Fail("InvalidParameterValue.InstanceNotExist", "The instance %s does not exist.", q.app)
	}
	found := c.find(q, now)
	page := []json.RawMessage{}
	for _, e := range q.cut(found) {
		raw, err := e.call.Record(now, c.linker(r, e, now))
		if err != nil {
			return nil, err
		}
		page = append(page, raw)
	}
	a := &answer{TotalCount: len(found)}
	if c.o.Lists != TelCdrs {
		a.TelCdrList = &page
	}
	if c.o.Lists != TelCdrList {
		a.TelCdrs = &page
	}
	return a, nil
}
