package handler

import (
	"fmt"

	"cdrvault/archive"
)

// check refuses fields that would do nothing beside the others; force and dry_run may stand in any event. The rest is the
// archive's to judge.
func check(r archive.Request) error {
	verify, backfill := r.Mode == archive.ModeVerify, r.Mode == archive.ModeBackfill
	part := r.Share != archive.Share{}
	for _, rule := range []struct {
		field  string
		broken bool
		why    string
	}{
		{"deep", r.Deep && !verify, only(archive.ModeVerify)},
		{"repair", r.Repair && !verify, only(archive.ModeVerify)},
		{"order", r.Order != "" && !backfill, only(archive.ModeBackfill)},
		{"shares", r.Shares > 0 && !backfill, only(archive.ModeBackfill)},
		{"share", part && !backfill, only(archive.ModeBackfill)},
		{"slices", r.Slices != nil && !backfill, only(archive.ModeBackfill)},
		{"chain", r.Chain > 0 && !backfill && r.Mode != archive.ModeArchive, `allowed with modes "archive" and "backfill" only`},
		{"share", part && r.Shares > 0, "excludes shares: a share is not cut again"},
		{"slices", r.Slices != nil && !part, "allowed with share only"},
	} {
		if rule.broken {
			return &archive.RequestError{Field: rule.field, Why: rule.why}
		}
	}
	return nil
}

func only(m archive.Mode) string { return fmt.Sprintf("allowed with mode %q only", m) }
