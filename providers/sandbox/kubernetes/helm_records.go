package kubernetes

import (
	"encoding/base64"
	"encoding/json"
	"fmt"

	"github.com/ptd-go/ptd/providers/sandbox"
)

// record is what Helm keeps of a release, in a Secret.
type record struct {
	Name      string `json:"name"`
	Namespace string `json:"namespace"`
	Chart     string `json:"chart"`
	Version   string `json:"version"`
	Revision  int    `json:"revision"`
	// Failed says that its newest revision did not go well.
	Failed bool `json:"failed,omitempty"`
	// Fixed are the values of the chart that the API never changes, by path.
	Fixed map[string]string `json:"fixed,omitempty"`
	// By is who asked for it, Objects what it has, and neither is Helm's own.
	By      string   `json:"by"`
	Objects []string `json:"objects"`
}

const secretType = "kubernetes:core/v1:Secret"

func recordKey(account, namespace, name string) string {
	return sandbox.Key(secretType, account, "", namespace+"/sh.helm.release.v1."+name)
}

// record reads what Helm keeps of a release, nil when there is none.
func (c *cluster) record(namespace, name string) (*record, error) {
	object := c.cloud.Object(recordKey(c.account, namespace, name))
	if object == nil {
		return nil, nil
	}
	return readRecord(object)
}

func readRecord(object *sandbox.Object) (*record, error) {
	encoded, _ := sandbox.Inputs(object.Inputs).Map("data").Text("release")
	content, err := base64.StdEncoding.DecodeString(encoded)
	var kept record
	if err == nil {
		err = json.Unmarshal(content, &kept)
	}
	if err != nil {
		return nil, fmt.Errorf("read the Helm release in Secret %s: %w", object.ID, err)
	}
	return &kept, nil
}

// keep writes down a release.
func (c *cluster) keep(made *record) error {
	status := "deployed"
	if made.Failed {
		status = "failed"
	}
	content, err := json.Marshal(made)
	if err != nil {
		return fmt.Errorf("write the Helm release %s: %w", made.Name, err)
	}
	_, err = c.put(map[string]any{
		"apiVersion": "v1", "kind": "Secret", "type": "helm.sh/release.v1",
		"metadata": map[string]any{
			"name": "sh.helm.release.v1." + made.Name, "namespace": made.Namespace,
			"labels": map[string]any{"name": made.Name, "owner": "helm", "status": status, "version": fmt.Sprint(made.Revision)},
		},
		"data": map[string]any{"release": base64.StdEncoding.EncodeToString(content)},
	})
	return err
}

// installed tells whether a chart is installed in any namespace.
func (c *cluster) installed(chart string) (bool, error) {
	for _, object := range c.cloud.OfType(secretType) {
		if object.Account != c.account || object.Inputs["type"] != "helm.sh/release.v1" {
			continue
		}
		kept, err := readRecord(object)
		if err != nil || kept.Chart == chart {
			return err == nil, err
		}
	}
	return false, nil
}
