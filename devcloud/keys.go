package devcloud

import (
	"crypto/rand"
	"sync"
)

// key is a temporary key of a role, as the platform hands it to a function.
type key struct {
	id, secret, token string
}

// keyring holds the key that is valid now.
type keyring struct {
	mu    sync.Mutex
	valid key
}

// renew makes another key; the one before opens nothing any more.
func (r *keyring) renew() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.valid = key{id: "AKID" + rand.Text(), secret: rand.Text(), token: rand.Text() + rand.Text()}
}

func (r *keyring) current() key {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.valid
}

// find is the services' look-up of a key by its id.
func (r *keyring) find(id string) (secret, token string, ok bool) {
	k := r.current()
	return k.secret, k.token, id == k.id
}
