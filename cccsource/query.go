package cccsource

import (
	"fmt"
	"strconv"
	"time"

	ccc "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/ccc/v20200210"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"

	"cdrvault/archive"
)

// query is what every page of a listing asks for alike.
type query struct {
	app      int64
	from, to int64 // Unix seconds
	size     int64 // calls in a page
	ids      []string
}

func newQuery(app string, from, to time.Time) (query, error) {
	id, err := strconv.ParseInt(app, 10, 64)
	if err != nil {
		return query{}, fmt.Errorf("read application id %q: want an integer", app)
	}
	return query{app: id, from: from.Unix(), to: to.Unix(), size: archive.PageSize}, nil
}

// request makes the request for page n, from 0. A request is used for one attempt: the SDK stamps it with the time.
func (q query) request(n int) *ccc.DescribeTelCdrRequest {
	r := ccc.NewDescribeTelCdrRequest()
	r.SdkAppId = common.Int64Ptr(q.app)
	r.StartTimeStamp = common.Int64Ptr(q.from)
	r.EndTimeStamp = common.Int64Ptr(q.to)
	r.PageSize = common.Int64Ptr(q.size)
	r.PageNumber = common.Int64Ptr(int64(n))
	if len(q.ids) > 0 {
		r.SessionIds = common.StringPtrs(q.ids)
	}
	return r
}
