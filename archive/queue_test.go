package archive_test

import (
	"errors"
	"strings"
	"testing"

	"cdrvault/archive"
)

// Whatever becomes of one, the others come to their end, and nothing that went wrong is lost.
func TestTogether(t *testing.T) {
	refused, ran := errors.New("refused"), false
	err := archive.Together(
		func() error { panic("a caller's secret") },
		func() error { return refused },
		func() error { ran = true; return nil },
	)
	if !ran || !errors.Is(err, refused) || !strings.Contains(err.Error(), "panic of type string") {
		t.Errorf("ran %v, error %v", ran, err)
	}
	if strings.Contains(err.Error(), "secret") {
		t.Errorf("the error tells the panic's value: %v", err)
	}
	if err := archive.Together(func() error { return nil }); err != nil {
		t.Error(err)
	}
}

// It begins once, everybody gets the result, and a panic leaves nobody waiting.
func TestInBackground(t *testing.T) {
	begun := 0
	begin, result := archive.InBackground(func() int { begun++; return 7 })
	begin()
	begin()
	if a, b := result(), result(); a != 7 || b != 7 || begun != 1 {
		t.Errorf("got %d and %d, begun %d times", a, b, begun)
	}
	begin, result = archive.InBackground(func() int { panic("x") })
	begin()
	if got := result(); got != 0 {
		t.Errorf("got %d of a panic", got)
	}
}
