package archive

import (
	"context"
	"maps"
	"slices"
)

// union is what the lake has and what the API gives.
type union struct {
	rows  *rowSet
	added int  // calls that the lake did not have
	apart bool // the lake had rows, and they are not what the API gives
}

// changed is how many of the lake's rows the union alters. It is known once the rows were read through.
func (u *union) changed() int {
	if !u.apart {
		return 0
	}
	return len(u.rows.altered)
}

// unite makes the union of what the lake has and what the API gives: a call that is no longer listed stays, and so does a
// value that comes back empty. It is what makes a second writer harmless: whoever writes last has read what the other wrote.
func (r *run) unite(ctx context.Context, t Task, was *past, now *reading) (*union, error) {
	archived, same, err := r.archivedRows(ctx, t, was, now)
	switch {
	case err != nil:
		return nil, err
	case same:
		return &union{rows: now.rows}, nil
	case archived == nil || archived.len() == 0:
		return &union{rows: now.rows, added: now.rows.len()}, nil
	}
	u := &union{rows: archived, apart: true}
	err = now.rows.each(always, func(c call) error {
		if !archived.add(c) {
			u.added++
		}
		return nil
	})
	return u, err
}

// archivedRows gives the rows that the lake has. They are read only where they can matter: where the API gives exactly what was
// committed, and the bucket still has that, the digests say so.
func (r *run) archivedRows(ctx context.Context, t Task, was *past, now *reading) (archived *rowSet, same bool, err error) {
	if was.archived != nil || len(was.rows.held) == 0 {
		return was.archived, false, nil
	}
	parts, err := survey(was.rows.first, t.Window, was.rows.parts, now.rows.lines())
	if err != nil {
		return nil, false, err
	}
	if was.rows.holds(parts) {
		return nil, true, r.allUndisturbed(ctx, was.rows)
	}
	was.archived = r.newRowSet()
	for _, key := range slices.Sorted(maps.Keys(was.rows.held)) {
		found, err := r.readRows(ctx, t, key, was.archived)
		if err != nil {
			return nil, false, err
		}
		if found.content == nil || found.content.ContentSHA256 != was.rows.held[key].content.ContentSHA256 {
			return nil, false, errConflict // rows without their manifest: another run is at work, or died here
		}
	}
	return was.archived, false, nil
}
