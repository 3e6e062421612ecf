package archivetest

import (
	"hash/crc64"
	"maps"
	"slices"

	"cdrvault/archive"
)

// Keys lists the keys, sorted.
func (m *MemStore) Keys() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Sorted(maps.Keys(m.objects))
}

// Object answers with what is stored under key. It is no request, and its bytes are not to be changed.
func (m *MemStore) Object(key string) (Stored, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	o, ok := m.objects[key]
	return o, ok
}

// Objects is the store as it is now.
func (m *MemStore) Objects() map[string]Stored {
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.objects)
}

// Set puts an object there by hand, past all checks and hooks: what an operator, or an older archive, left.
func (m *MemStore) Set(key string, data []byte, o archive.PutOptions) {
	m.mu.Lock()
	defer m.mu.Unlock()
	o.Meta = maps.Clone(o.Meta)
	m.objects[key] = Stored{
		Data: slices.Clone(data), Options: o, CRC64: crc64.Checksum(data, crcTable), Modified: m.now(),
	}
}

// Delete removes an object by hand.
func (m *MemStore) Delete(key string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.objects, key)
}

// Counts is the number of requests by verb, those with a fault included; a listing counts once for each page.
func (m *MemStore) Counts() map[Op]int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.counts)
}

// ResetCounts begins to count anew.
func (m *MemStore) ResetCounts() {
	m.mu.Lock()
	defer m.mu.Unlock()
	clear(m.counts)
}

// Violations lists what was against the contract, in the order in which it came.
func (m *MemStore) Violations() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.violations)
}
