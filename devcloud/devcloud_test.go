package devcloud_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"cdrvault/archive"
	"cdrvault/cccsource"
	"cdrvault/config"
	"cdrvault/cosstore"
	"cdrvault/devcloud"
	"cdrvault/devcloud/calls"
	"cdrvault/devcloud/fault"
)

// noon is the clock of these worlds: midday in UTC+8.
var noon = time.Date(2026, 11, 22, 4, 0, 0, 0, time.UTC)

func start(t *testing.T, o devcloud.Options) *devcloud.Cloud {
	t.Helper()
	if o.Dir == "" {
		o.Dir = t.TempDir()
	}
	o.Now = func() time.Time { return noon }
	o.Bucket.NoSync = true
	o.World.PerDay = 10
	c, err := devcloud.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// client is what the product makes of the settings that a cloud hands out: they go through the product's own reader.
type client struct {
	config.Config
	source *cccsource.Source
	store  *cosstore.Store
}

func connect(t *testing.T, c *devcloud.Cloud) client {
	t.Helper()
	set := c.Settings()
	get := func(name string) string { return set[name] }
	cfg, err := config.Load(get)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := config.LoadCredentials(get)
	if err != nil {
		t.Fatal(err)
	}
	source, err := cccsource.New(cccsource.Options{Endpoint: cfg.CCCEndpoint.String(), Region: cfg.Region,
		Pace:       cccsource.NewPace(cfg.RateLimit),
		Credential: cccsource.Credential{SecretID: keys.ID, SecretKey: keys.Key, Token: keys.Token}})
	if err != nil {
		t.Fatal(err)
	}
	store, err := cosstore.New(cosstore.Options{BaseURL: cfg.COSEndpoint,
		Credential: cosstore.Credential{ID: keys.ID, Key: keys.Key, Token: keys.Token}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { source.Close(); store.Close() })
	return client{cfg, source, store}
}

// counts is the number of an application's calls on the day before noon's.
func (c client) counts(ctx context.Context, app string) (int, error) {
	day := time.Date(2026, 11, 21, 0, 0, 0, 0, calls.Beijing).UTC()
	return c.source.Count(ctx, app, archive.Window{Start: day, End: day.Add(24 * time.Hour)})
}

// looks asks the bucket for an object that is not there.
func (c client) looks(ctx context.Context) error {
	_, err := c.store.Stat(ctx, "nothing")
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func TestSettings_ReachBothServices(t *testing.T) {
	apps := []string{"1400000001", "1400000002"}
	c := connect(t, start(t, devcloud.Options{Apps: apps}))
	for _, app := range apps {
		if n, err := c.counts(t.Context(), app); n != 10 || err != nil {
			t.Errorf("calls of %s: %d, %v; want 10", app, n, err)
		}
	}
	if err := c.looks(t.Context()); err != nil {
		t.Error(err)
	}
	if c.RateLimit != 20 {
		t.Errorf("rate limit %d, want the API's 20", c.RateLimit)
	}
}

func TestSettings_FollowTheRateLimit(t *testing.T) {
	for limit, want := range map[int]int{300: 300, -1: 10_000} {
		o := devcloud.Options{}
		o.Center.RateLimit = limit
		if got := connect(t, start(t, o)).RateLimit; got != want {
			t.Errorf("limit %d: CCC_RATE_LIMIT %d, want %d", limit, got, want)
		}
	}
}

func TestRotate_EndsTheKeysBefore(t *testing.T) {
	cloud := start(t, devcloud.Options{})
	before := connect(t, cloud)
	cloud.Rotate()
	if err := before.looks(t.Context()); err == nil {
		t.Error("the bucket takes an old key")
	}
	if _, err := before.counts(t.Context(), devcloud.App); err == nil {
		t.Error("the API takes an old key")
	}
	after := connect(t, cloud)
	if err := after.looks(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := after.counts(t.Context(), devcloud.App); err != nil {
		t.Error(err)
	}
}

func TestUnsignedRequestsAreRefused(t *testing.T) {
	cloud := start(t, devcloud.Options{})
	resp, err := http.Get(cloud.Settings()["COS_ENDPOINT"] + "/nothing")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusForbidden {
		t.Errorf("status %d, want 403", resp.StatusCode)
	}
}

func TestFaults_StandInFrontOfBoth(t *testing.T) {
	script, err := fault.New(
		fault.Rule{Match: fault.Match{Operation: "DescribeTelCdr", Times: 1},
			Action: fault.Action{Kind: fault.Refuse, Status: 200, Code: "UnauthorizedOperation", Message: "scripted"}},
		fault.Rule{Match: fault.Match{Operation: "DescribeTelCdr", Times: 1}, Action: fault.Action{Kind: fault.Expire}},
		fault.Rule{Match: fault.Match{Operation: "HeadObject"},
			Action: fault.Action{Kind: fault.Refuse, Status: 403, Code: "AccessDenied"}},
	)
	if err != nil {
		t.Fatal(err)
	}
	c := connect(t, start(t, devcloud.Options{Faults: script}))
	for _, code := range []string{"UnauthorizedOperation", "AuthFailure.TokenFailure"} {
		if _, err := c.counts(t.Context(), devcloud.App); err == nil || !strings.Contains(err.Error(), code) {
			t.Errorf("count: %v, want %s", err, code)
		}
	}
	if n, err := c.counts(t.Context(), devcloud.App); n != 10 || err != nil {
		t.Errorf("after the faults: %d, %v; want 10 calls", n, err)
	}
	if err := c.looks(t.Context()); err == nil {
		t.Error("the bucket answers in spite of its fault")
	}
}

func TestCallsByHandAlone(t *testing.T) {
	cloud := start(t, devcloud.Options{Days: -1})
	cloud.Center().Add(calls.Answered(devcloud.App, "by-hand", noon.AddDate(0, 0, -1), time.Minute))
	if n, err := connect(t, cloud).counts(t.Context(), devcloud.App); n != 1 || err != nil {
		t.Errorf("%d calls, %v; want the one that was added", n, err)
	}
}

func TestClose_FreesThePortsAndKeepsTheBucket(t *testing.T) {
	dir := t.TempDir()
	cloud := start(t, devcloud.Options{Dir: dir})
	c := connect(t, cloud)
	empty := archive.Body{Open: func(context.Context) (io.ReadCloser, error) { return http.NoBody, nil }}
	if err := c.store.Put(t.Context(), "kept", empty, archive.PutOptions{ContentType: "text/plain"}); err != nil {
		t.Fatal(err)
	}
	if err := cloud.Close(); err != nil {
		t.Fatal(err)
	}
	if err := cloud.Close(); err != nil {
		t.Errorf("the second Close: %v", err)
	}
	for _, address := range []string{c.CCCEndpoint.Host, c.COSEndpoint.Host} {
		if conn, err := net.Dial("tcp", address); err == nil {
			conn.Close()
			t.Errorf("%s still answers", address)
		}
	}
	if _, err := connect(t, start(t, devcloud.Options{Dir: dir})).store.Stat(t.Context(), "kept"); err != nil {
		t.Errorf("served again: %v", err)
	}
}
