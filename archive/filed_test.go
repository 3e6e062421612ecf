package archive_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"cdrvault/archive"
	"cdrvault/archive/archivetest"
)

// refusing is a bucket that lists nothing and takes nothing.
type refusing struct {
	*archivetest.MemStore
	list, put error
}

func (b refusing) List(_ context.Context, prefix, _ string, _ func(archive.Object) error) error {
	return fmt.Errorf("list %s: %w", prefix, b.list)
}

func (b refusing) Put(_ context.Context, key string, _ archive.Body, _ archive.PutOptions) error {
	return fmt.Errorf("put %s: %w", key, b.put)
}

// refusal is an answer with a text of its own for each call, of one code.
type refusal struct{ code, request string }

func (e refusal) Error() string { return "403 " + e.code + ", request " + e.request }

func (e refusal) Is(target error) bool {
	other, ok := target.(refusal)
	return ok && other.code == e.code
}

// A run whose bucket lists nothing cannot file its answer either. That is said only where its cause is another one.
func TestFiled_OneCauseIsToldOnce(t *testing.T) {
	const listed = "list lake/manifests/sdk_app_id=" + app + "/: "
	const filed = "\nfile the answer: put lake/runs/dt=2026-11-22/20261121T220500Z-request-1.json: "
	unreached, denied := errors.New("connection refused"), refusal{"InvalidAccessKeyId", "1"}
	for name, c := range map[string]struct {
		list, put error
		want      string
	}{
		"nobody is there":   {unreached, unreached, listed + "connection refused"},
		"the same in words": {errors.New("no such host"), errors.New("no such host"), listed + "no such host"},
		"the key is wrong":  {denied, refusal{"InvalidAccessKeyId", "2"}, listed + "403 InvalidAccessKeyId, request 1"},
		"two causes": {denied, refusal{"AccessDenied", "2"},
			listed + "403 InvalidAccessKeyId, request 1" + filed + "403 AccessDenied, request 2"},
	} {
		t.Run(name, func(t *testing.T) {
			w := smallWorld(t)
			_, err := w.refused(archive.Request{}, c.list, c.put)
			if err == nil || err.Error() != c.want {
				t.Errorf("error %q, want %q", err, c.want)
			}
		})
	}
}

// refused runs q on a bucket that refuses.
func (w *world) refused(q archive.Request, list, put error) (*archive.Report, error) {
	w.Helper()
	q.ID, q.Now = "request-1", w.now
	o := w.options
	o.Clock = w.archiver().Clock
	return archive.New(w.source, w.source, refusing{w.store, list, put}, o).Run(w.Context(), q)
}

// A plan writes nothing, not even that it failed; a verification that failed files its answer.
func TestFiled_NoPlan(t *testing.T) {
	for mode, want := range map[archive.Mode]int{archive.ModePlan: 0, archive.ModeVerify: 1, archive.ModeArchive: 1} {
		w := smallWorld(t)
		w.store.OnList = func(string) error { return errors.New("refused") }
		report, err := w.try(t.Context(), archive.Request{Mode: mode})
		if err == nil || !report.Failed || w.puts() != want || len(w.answers()) != want {
			t.Errorf("%s: error %v, %d puts, answers %q; want %d", mode, err, w.puts(), w.answers(), want)
		}
	}
}
