package handler

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"cdrvault/archive"
)

// Three kinds of lines leave a run: its start, each window, its end; and a warning where its rest could not be handed on. Attributes are flat, for the platform's log
// service indexes the first level of a JSON line only (Go logging page, "日志说明").

func (in *invocation) logStart(r archive.Request, trigger string) {
	line := []any{"mode", r.Mode, "trigger", trigger, "now", r.Now.UTC().Format(time.RFC3339)}
	if !r.From.IsZero() {
		line = append(line, "from", r.From.UTC().Format(time.RFC3339))
	}
	if !r.To.IsZero() {
		line = append(line, "to", r.To.UTC().Format(time.RFC3339))
	}
	if r.Share != (archive.Share{}) {
		line = append(line, "share", r.Share.String())
	}
	if r.Chain > 0 {
		line = append(line, "chain", r.Chain)
	}
	in.log.Info("run start", line...)
}

// logEnd writes the lines of the windows, which the report alone knows, and the end of the run.
func (in *invocation) logEnd(r *archive.Report, err error) {
	var line []any
	if r != nil {
		for _, w := range r.Windows {
			in.logWindow(w)
		}
		line = in.totals(r)
	}
	if err == nil {
		in.log.Info("run end", line...)
		return
	}
	line = append(line, "error", err.Error())
	if e, ok := errors.AsType[*RunError](err); ok {
		line = append(line, "kind", e.Kind)
		if e.stack != nil {
			line = append(line, "stack", clip(string(e.stack), 8<<10))
		}
	}
	in.log.Error("run end", line...)
}

func (in *invocation) logWindow(w archive.WindowReport) {
	line := []any{"app", w.App, "window", w.Window, "state", w.State, "calls", w.Calls, "added", w.Added, "changed", w.Changed}
	line = append(line, media(w.Media)...)
	if w.Reason != "" {
		line = append(line, "reason", w.Reason)
	}
	if w.Error != "" {
		line = append(line, "error", in.clean(w.Error))
	}
	level := slog.LevelInfo
	if w.State == archive.Failed {
		level = slog.LevelError
	}
	in.log.Log(context.Background(), level, "window", line...)
}

func (in *invocation) totals(r *archive.Report) []any {
	t := r.Totals
	line := []any{"mode", r.Mode, "complete", r.Complete, "windows", len(r.Windows), "calls", t.Calls}
	line = append(line, media(t.Media)...)
	line = append(line, "bytes", t.Bytes, "api_requests", t.APIRequests, "store_requests", t.StoreRequests, "seconds", t.Seconds)
	if u := t.Uncommitted; u != nil {
		line = append(line, "uncommitted_calls", u.Calls, "uncommitted_files", u.Files, "uncommitted_bytes", u.Bytes)
	}
	if r.Rest > 0 {
		line = append(line, "rest", r.Rest)
	}
	if r.Folded > 0 {
		line = append(line, "windows_folded", r.Folded)
	}
	if c := r.Checked; c != nil {
		line = append(line, "checked_windows", c.Windows, "checked_files", c.Files, "findings", len(r.Findings)+c.Folded)
	}
	if len(r.Shares) > 0 {
		line = append(line, "shares", len(r.Shares))
	}
	if r.Continued != "" {
		line = append(line, "continued_by", r.Continued)
	}
	if len(r.Links) > 0 {
		line = append(line, "unknown_links", strings.Join(r.Links, ", "))
	}
	if len(r.Notes) > 0 {
		line = append(line, "notes", in.clean(strings.Join(r.Notes, "; ")))
	}
	if d := r.Debts; d != nil {
		line = append(line, "owed", d.Files)
		if d.NextDeadline != nil {
			line = append(line, "next_deadline", d.NextDeadline.UTC().Format(time.RFC3339))
		}
	}
	return line
}

func media(m archive.MediaCount) []any {
	return []any{"copied", m.Copied, "kept", m.Kept, "pending", m.Pending, "lost", m.Lost, "refused", m.Refused}
}
