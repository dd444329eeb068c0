package awsworkload

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ptd-go/ptd/providers/kubernetes"
)

// calicoIn is a cluster in which some kinds have an object, with its marks, or cannot be
// looked at.
type calicoIn map[string]any

func (c calicoIn) Cluster(_ context.Context, identifier string) (kubernetes.Cluster, error) {
	if failure, ok := c[identifier].(error); ok {
		return nil, failure
	}
	return c, nil
}

func (c calicoIn) Chart(context.Context, string, string) (kubernetes.ChartStatus, error) {
	return kubernetes.ChartStatus{}, errors.New("nobody asks for charts")
}

func (c calicoIn) Reinstall(context.Context, string, string) error {
	return errors.New("nobody asks for charts")
}

func (c calicoIn) Object(_ context.Context, _, kind, namespace, name string) (kubernetes.Marks, error) {
	if namespace != "" || name != "default" {
		return kubernetes.Marks{}, errors.New("nobody asks for " + namespace + "/" + name)
	}
	switch object := c[kind].(type) {
	case kubernetes.Marks:
		return object, nil
	case error:
		return kubernetes.Marks{}, object
	}
	return kubernetes.Marks{}, kubernetes.ErrNotFound
}

func TestFindCalicoMarks(t *testing.T) {
	t.Parallel()
	const arn = "arn:aws:eks:us-east-2:111122223333:cluster/demo01-staging-20250115"
	of := func(release string) kubernetes.Marks {
		return kubernetes.Marks{
			Labels:      map[string]string{"app.kubernetes.io/managed-by": "Helm"},
			Annotations: map[string]string{"meta.helm.sh/release-name": release, "meta.helm.sh/release-namespace": "tigera-operator"},
		}
	}
	w := load(t, "demo01-staging")
	for name, test := range map[string]struct {
		cluster calicoIn
		was     ExistingCluster
		want    []string
		failure string
	}{
		"nothing there":     {calicoIn{}, ExistingCluster{Calico: true}, nil, ""},
		"the chart's":       {calicoIn{"Installation": of("tigera-operator"), "APIServer": of("tigera-operator")}, ExistingCluster{Calico: true}, nil, ""},
		"the operator's":    {calicoIn{"Installation": of("tigera-operator"), "FelixConfiguration": kubernetes.Marks{}}, ExistingCluster{Calico: true}, []string{"FelixConfiguration"}, ""},
		"another release's": {calicoIn{"APIServer": of("calico")}, ExistingCluster{Calico: true, CalicoMarks: []string{"APIServer"}}, []string{"APIServer"}, ""},
		"without Calico":    {calicoIn{"Installation": kubernetes.Marks{}}, ExistingCluster{}, nil, ""},
		"gone":              {calicoIn{arn: kubernetes.ErrNotFound}, ExistingCluster{Calico: true}, nil, ""},
		"out of reach":      {calicoIn{arn: errors.New("no route")}, ExistingCluster{Calico: true}, nil, "reach the cluster of release 20250115: no route"},
		"denied":            {calicoIn{"APIServer": errors.New("forbidden")}, ExistingCluster{Calico: true}, nil, "look for APIServer default in the cluster of release 20250115: forbidden"},
	} {
		existing := map[string]ExistingCluster{"20250115": test.was}
		err := FindCalicoMarks(context.Background(), w, test.cluster, existing)
		if test.failure != "" {
			assert.EqualError(t, err, test.failure, name)
			continue
		}
		require.NoError(t, err, name)
		assert.Equal(t, test.want, existing["20250115"].CalicoMarks, name)
	}
}
