package cli

import (
	"context"
	"fmt"

	"cdrvault/archive"
)

// cuts are books that cut the range again, without sending anything, to see how much of it is left.
type cuts struct {
	archive *archive.Archiver
	request archive.Request
}

// newBooks are the books of what was cut from the range of q.
func newBooks(a *archive.Archiver, q archive.Request, cut *archive.Report) books {
	q.DryRun, q.Shares = true, cut.Next[0].Share.Of // the cut may have fewer shares than were asked for
	return &cuts{a, q}
}

func (c *cuts) look(ctx context.Context) (standing, error) {
	now := standing{left: make([]int, c.request.Shares)}
	cut, err := c.archive.Run(ctx, c.request)
	if err != nil {
		return now, err
	}
	for _, s := range cut.Shares {
		var number, of int
		if _, err := fmt.Sscanf(s.Share, "%d/%d", &number, &of); err != nil || number < 1 || number > len(now.left) {
			return now, fmt.Errorf("read share %q of the cut", s.Share)
		}
		now.left[number-1] = s.Windows
	}
	return now, nil
}

// ended knows nothing: a cut tells of windows alone.
func (*cuts) ended(context.Context, []string) (map[string]bool, error) { return nil, nil }
