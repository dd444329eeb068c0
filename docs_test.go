package ptd_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// comingPaths are paths that documents may name although nothing is there yet. One that
// is there must leave the list.
var comingPaths = map[string]bool{}

var (
	// reference is a Markdown file with the sections of it that a comment names:
	// "docs/reference/aws-workload-base.md 4.9 rows 46i, 47 and 48".
	reference = regexp.MustCompile(`\b(docs/[\w./-]+\.md)((?:,? ?(?:(?:sections?|rows?|points?|to|and) )?\d+(?:\.\d+)*[a-z]?)*)`)
	// section is a part of a reference's tail.
	section = regexp.MustCompile(`(?:(rows?|points?|to|and) )?(\d+(?:\.\d+)*[a-z]?)`)
	heading = regexp.MustCompile(`(?m)^(?:#+ |\*\*)(\d+(?:\.\d+)*)\.? `)
	code    = regexp.MustCompile("`[^`\n]*`")
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	// inCode is a path of this repository in backquotes.
	inCode = regexp.MustCompile("`((?:cmd|components|docs|ensure|providers|stacks|testdata)/[\\w./<>*{},-]*|[a-z_]+_test\\.go|Makefile|go\\.mod)`")
)

// TestDocsExist checks that the files and sections that comments name are there.
func TestDocsExist(t *testing.T) {
	found := 0
	for file, comments := range commentsOf(t) {
		for _, text := range comments {
			for _, match := range reference.FindAllStringSubmatch(text, -1) {
				found++
				sheet, err := os.ReadFile(match[1])
				if err != nil {
					t.Errorf("%s names %s: %v", file, match[1], err)
					continue
				}
				for _, missing := range missingSections(string(sheet), match[2]) {
					t.Errorf("%s names %s %s, which has no %s", file, match[1], strings.TrimSpace(match[2]), missing)
				}
			}
		}
	}
	if found == 0 {
		t.Error("no comment names a document: this test looks in the wrong place")
	}
}

// missingSections returns the sections, rows and points of a reference's tail that the
// sheet does not have. A section 21.9 may be point 9 of section 21, too. Rows of a table
// are looked for anywhere in it, points in the section that was named last.
func missingSections(sheet, tail string) []string {
	var missing []string
	inside, kind := "", ""
	for _, match := range section.FindAllStringSubmatch(tail, -1) {
		switch word, number := match[1], match[2]; {
		case strings.HasPrefix(word, "row"), kind == "row" && word != "" && !strings.HasPrefix(word, "point"):
			kind = "row"
			if !regexp.MustCompile(`(?m)^\| *` + number + `[ |,]`).MatchString(sheet) {
				missing = append(missing, "row "+number)
			}
		case strings.HasPrefix(word, "point"), kind == "point" && (word == "to" || word == "and"):
			kind = "point"
			if !hasPoint(inside, number) {
				missing = append(missing, "point "+number)
			}
		case kind == "row" && regexp.MustCompile(`(?m)^\| *`+number+` *\|`).MatchString(sheet):
			// Rows 46i, 47 and 48.
		default:
			kind = "section"
			text, ok := sectionOf(sheet, number)
			if !ok {
				missing = append(missing, "section "+number)
			}
			inside = text
		}
	}
	return missing
}

// sectionOf returns a section of a sheet with all that is below it, or the point of a
// section that the last part of the number counts.
func sectionOf(sheet, number string) (text string, ok bool) {
	headings := heading.FindAllStringSubmatchIndex(sheet, -1)
	for i, at := range headings {
		if sheet[at[2]:at[3]] != number {
			continue
		}
		end := len(sheet)
		for _, next := range headings[i+1:] {
			if !strings.HasPrefix(sheet[next[2]:next[3]], number+".") {
				end = next[0]
				break
			}
		}
		return sheet[at[0]:end], true
	}
	if last := strings.LastIndex(number, "."); last > 0 {
		text, ok := sectionOf(sheet, number[:last])
		return text, ok && hasPoint(text, number[last+1:])
	}
	return "", false
}

func hasPoint(section, number string) bool { return strings.Contains(section, "\n"+number+". ") }

// TestDocsLinks checks the links of all documents, and the paths of this repository that
// those about the code name. The reference quotes paths of other systems.
func TestDocsLinks(t *testing.T) {
	found := 0
	for _, file := range markdown(t) {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range link.FindAllStringSubmatch(code.ReplaceAllString(string(content), ""), -1) {
			target, anchor, _ := strings.Cut(match[1], "#")
			if strings.Contains(target, "://") {
				continue
			}
			found++
			linked := file
			if target != "" {
				linked = path.Join(path.Dir(file), target)
			}
			text, err := os.ReadFile(linked)
			info, statErr := os.Stat(linked)
			switch {
			case statErr != nil:
				t.Errorf("%s links to %s: %v", file, match[1], statErr)
			case info.IsDir():
			case err != nil:
				t.Errorf("%s links to %s: %v", file, match[1], err)
			case anchor != "" && !hasAnchor(string(text), anchor):
				t.Errorf("%s links to %s, which has no heading #%s", file, match[1], anchor)
			}
		}
		if strings.HasPrefix(file, "docs/reference/") {
			continue
		}
		for _, match := range inCode.FindAllStringSubmatch(string(content), -1) {
			found++
			if named := strings.TrimSuffix(match[1], "/"); !strings.ContainsAny(named, "<{") && !comingPaths[named] && !exists(t, named) {
				t.Errorf("%s names %s, which does not exist (one that is yet to come is listed in comingPaths)", file, named)
			}
		}
	}
	if found == 0 {
		t.Error("no document has a link: this test looks in the wrong place")
	}
	for coming := range comingPaths {
		if exists(t, coming) {
			t.Errorf("%s exists: take it off comingPaths, and say what it is where documents call it to come", coming)
		}
	}
}

func exists(t *testing.T, pattern string) bool {
	t.Helper()
	found, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatal(err)
	}
	return len(found) > 0
}

// hasAnchor tells whether a document has the heading of an anchor: its words in lower
// case, joined by hyphens.
func hasAnchor(text, anchor string) bool {
	for line := range strings.SplitSeq(text, "\n") {
		title, ok := strings.CutPrefix(strings.TrimLeft(line, "#"), " ")
		if !ok || !strings.HasPrefix(line, "#") {
			continue
		}
		slug := strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case r == '-' || r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z':
				return r
			}
			return -1
		}, strings.ToLower(title))
		if slug == anchor {
			return true
		}
	}
	return false
}

// markdown lists the documents.
func markdown(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("*.md")
	if err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir("docs", func(file string, entry fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(file, ".md") {
			files = append(files, filepath.ToSlash(file))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// commentsOf lists the comments of all Go files, tests included, each as one line.
func commentsOf(t *testing.T) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	for _, file := range goFiles(t) {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, group := range parsed.Comments {
			found[file] = append(found[file], strings.Join(strings.Fields(group.Text()), " "))
		}
	}
	return found
}
