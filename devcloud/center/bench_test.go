package center

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"cdrvault/devcloud/calls"
)

// BenchmarkDescribe makes pages of 100 records out of windows of some calls.
func BenchmarkDescribe(b *testing.B) {
	for _, n := range []int{2_000, 200_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			c := New(Options{Now: func() time.Time { return noon.Add(48 * time.Hour) }})
			c.Add(calls.World{App: app, Seed: 1, PerDay: n}.Day(noon)...)
			r := httptest.NewRequest(http.MethodPost, "/", nil)
			q := query{app: app, start: noon.Add(-12 * time.Hour).Unix(), end: noon.Add(12 * time.Hour).Unix(), size: 100}
			for b.Loop() {
				a, err := c.describe(r, q, c.o.Now())
				if err != nil || len(*a.TelCdrList) != q.size {
					b.Fatal(a, err)
				}
			}
		})
	}
}
