package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/list"

	"cdrvault/devcloud/bucket"
)

// mostFiles is how many files of a folder are drawn before they are folded.
const mostFiles = 4

// folder is a part of a bucket's tree.
type folder struct {
	name    string
	folders []*folder
	files   []string // with their sizes
	count   int      // of files, those of the folders below included
	bytes   int64
}

// drawTree draws the objects of a bucket as a tree: of folders that are alike the fullest is opened.
func drawTree(b *bucket.Bucket) string {
	var root folder
	for _, o := range b.Objects() {
		root.add(strings.Split(o.Key, "/"), o.Size)
	}
	l := list.NewWriter()
	style := list.StyleConnectedLight
	style.CharItemTop = style.CharItemFirst // the name of the bucket stands above
	l.SetStyle(style)
	root.draw(l, true)
	return l.Render()
}

// holding sums up what a bucket has.
func holding(b *bucket.Bucket) string {
	var bytes int64
	objects := b.Objects()
	for _, o := range objects {
		bytes += o.Size
	}
	return count(int64(len(objects)), "object") + ", " + size(bytes)
}

// add puts an object into the tree. Keys come in order, so the folder of a key is the latest one or a new one.
func (f *folder) add(path []string, bytes int64) {
	f.count++
	f.bytes += bytes
	if len(path) == 1 {
		f.files = append(f.files, path[0]+"  "+size(bytes))
		return
	}
	if n := len(f.folders); n == 0 || f.folders[n-1].name != path[0] {
		f.folders = append(f.folders, &folder{name: path[0]})
	}
	f.folders[len(f.folders)-1].add(path[1:], bytes)
}

// draw lists what is in f. all: every folder of it is opened, else the fullest alone.
func (f *folder) draw(l list.Writer, all bool) {
	open, rest := f.folders, []*folder(nil)
	if !all {
		open, rest = f.fullest()
	}
	for _, sub := range open {
		l.AppendItem(sub.path())
		l.Indent()
		sub.end().draw(l, false)
		l.UnIndent()
	}
	if len(rest) > 0 {
		l.AppendItem(folded(rest))
	}
	shown := f.files
	if len(shown) > mostFiles {
		shown = shown[:mostFiles-1]
	}
	for _, file := range shown {
		l.AppendItem(file)
	}
	if more := len(f.files) - len(shown); more > 0 {
		l.AppendItem("… " + count(int64(more), "more file"))
	}
}

// fullest is the folder with the most files, and the others.
func (f *folder) fullest() (most, rest []*folder) {
	if len(f.folders) == 0 {
		return nil, nil
	}
	n := 0
	for i, sub := range f.folders {
		if sub.count > f.folders[n].count {
			n = i
		}
	}
	return f.folders[n : n+1], slices.Concat(f.folders[:n], f.folders[n+1:])
}

// path is the folder's name, joined with the names of the only folders in it.
func (f *folder) path() string {
	name := f.name + "/"
	if f.lone() {
		name += f.folders[0].path()
	}
	return name
}

// end is the folder that path leads to.
func (f *folder) end() *folder {
	if f.lone() {
		return f.folders[0].end()
	}
	return f
}

func (f *folder) lone() bool { return len(f.folders) == 1 && len(f.files) == 0 }

// folded is what stands for folders that are not drawn.
func folded(folders []*folder) string {
	var files int
	var bytes int64
	for _, f := range folders {
		files += f.count
		bytes += f.bytes
	}
	return fmt.Sprintf("… %s: %s, %s", count(int64(len(folders)), "more folder"), count(int64(files), "file"), size(bytes))
}
