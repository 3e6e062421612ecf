package cli

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/spf13/cobra"
)

// Ctrl-C while a function works is an interruption, whatever it makes of the function's end; a program that does not start is a
// wrong flag.
func TestInvokeFor_Codes(t *testing.T) {
	interrupted, interrupt := context.WithCancel(t.Context())
	interrupt()
	for name, test := range map[string]struct {
		ctx  context.Context
		want int
	}{
		"interrupted":               {interrupted, ExitFailed},
		"a program that is missing": {t.Context(), ExitUsage},
	} {
		t.Run(name, func(t *testing.T) {
			f := invokeFlags{binary: t.TempDir() + "/nothing", timeout: time.Second}
			p := Program{Out: io.Discard, Err: io.Discard}
			_, err := p.invokeFor(test.ctx, &cobra.Command{Use: "invoke"}, f, nil, func(string) string { return "" }, []byte("{}"))
			if got, ok := errors.AsType[*exit](err); !ok || got.code != test.want {
				t.Errorf("got %v, want exit code %d", err, test.want)
			}
		})
	}
}
