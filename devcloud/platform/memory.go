package platform

import (
	"fmt"
	"os"
	"strings"
)

// maxRSS is the largest resident memory that a living process has had, in bytes. Only Linux tells.
func maxRSS(pid int) int64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	_, after, _ := strings.Cut(string(status), "VmHWM:")
	var kb int64
	if _, err := fmt.Sscan(after, &kb); err != nil {
		return 0
	}
	return kb << 10
}
