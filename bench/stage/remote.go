package stage

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
)

// Set puts a scene on the stage whose control is at address.
func Set(address string, to Scene) error {
	b, err := json.Marshal(to)
	if err != nil {
		return err
	}
	resp, err := http.Post("http://"+address, "application/json", bytes.NewReader(b))
	if err != nil {
		return fmt.Errorf("set the scene: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("set the scene: %s", resp.Status)
	}
	return nil
}

// Count asks the stage whose control is at address what it saw since its scene was set.
func Count(address string) (Counts, error) {
	var c Counts
	resp, err := http.Get("http://" + address)
	if err != nil {
		return c, fmt.Errorf("read the counts: %w", err)
	}
	defer resp.Body.Close()
	return c, json.NewDecoder(resp.Body).Decode(&c)
}
