using System.Globalization;
using System.Text;

namespace Nexo.Server.Tests.Observability;

/// <summary>
/// Reads Prometheus' text format 0.0.4 as strictly as promtool does: every family has its help and its type before its samples, which
/// come together and once each; counters end in <c>_total</c>; buckets of histograms grow to their count.
/// </summary>
internal sealed class PrometheusParser
{
    private readonly HashSet<string> _seen = [];
    private readonly HashSet<string> _ended = [];
    private string? _help;
    private string _family = string.Empty;

    public Dictionary<string, string> Types { get; } = [];

    public List<Sample> Samples { get; } = [];

    public static PrometheusParser Parse(string text)
    {
        Assert.EndsWith("\n", text);
        var parser = new PrometheusParser();
        foreach (string line in text[..^1].Split('\n'))
        {
            parser.Take(line);
        }

        parser.CheckHistograms();
        return parser;
    }

    public double Value(string name, params (string Name, string Value)[] labels) =>
        Assert.Single(Samples, sample => sample.Name == name && labels.All(label => sample.Labels.Contains(label))).Value;

    public IEnumerable<Sample> Of(string name) => Samples.Where(sample => sample.Name == name);

    private void Take(string line)
    {
        if (line.StartsWith("# HELP ", StringComparison.Ordinal))
        {
            Assert.Null(_help);
            string[] parts = line.Split(' ', 4);
            _help = parts[2];
            Assert.NotEmpty(parts[3]);
        }
        else if (line.StartsWith("# TYPE ", StringComparison.Ordinal))
        {
            string[] parts = line.Split(' ');
            Assert.Equal(_help, parts[2]);
            Assert.Contains(parts[3], (string[])["counter", "gauge", "histogram"]);
            Assert.True(Types.TryAdd(parts[2], parts[3]), $"{parts[2]} is there twice");
            Assert.Equal(parts[3] == "counter", parts[2].EndsWith("_total", StringComparison.Ordinal));
            _ended.Add(_family);
            (_family, _help) = (parts[2], null);
        }
        else
        {
            TakeSample(line);
        }
    }

    private void TakeSample(string line)
    {
        int at = 0;
        string name = ReadName(line, ref at);
        List<(string Name, string Value)> labels = [];
        if (line[at] == '{')
        {
            do
            {
                at++;
                string label = ReadName(line, ref at);
                Assert.Equal("=\"", line.Substring(at, 2));
                at += 2;
                labels.Add((label, ReadQuoted(line, ref at)));
            }
            while (line[at] == ',');
            Assert.Equal('}', line[at++]);
        }

        Assert.Equal(' ', line[at++]);
        double value = line[at..] == "+Inf"
            ? double.PositiveInfinity
            : double.Parse(line[at..], NumberStyles.Float, CultureInfo.InvariantCulture);
        Assert.Equal(labels.Count, labels.DistinctBy(label => label.Name).Count());
        Assert.True(_seen.Add(line[..at]), $"the series is there twice: {line}");
        Assert.DoesNotContain(_family, _ended);
        string[] allowed = Types[_family] == "histogram" ? [$"{_family}_bucket", $"{_family}_sum", $"{_family}_count"] : [_family];
        Assert.Contains(name, allowed);
        Samples.Add(new Sample(name, labels, value));
    }

    private static string ReadName(string line, ref int at)
    {
        int from = at;
        while (at < line.Length && (char.IsAsciiLetterOrDigit(line[at]) || line[at] == '_'))
        {
            at++;
        }

        Assert.True(at > from && !char.IsAsciiDigit(line[from]), line);
        return line[from..at];
    }

    private static string ReadQuoted(string line, ref int at)
    {
        var text = new StringBuilder();
        while (line[at] != '"')
        {
            char letter = line[at++];
            if (letter == '\\')
            {
                letter = line[at++] switch { 'n' => '\n', '"' => '"', '\\' => '\\', _ => throw new FormatException(line) };
            }

            text.Append(letter);
        }

        at++;
        return text.ToString();
    }

    private void CheckHistograms()
    {
        foreach (string family in Types.Where(type => type.Value == "histogram").Select(type => type.Key))
        {
            foreach (Sample count in Of($"{family}_count"))
            {
                Sample[] buckets =
                [
                    .. Of($"{family}_bucket").Where(bucket => bucket.Labels.Where(label => label.Name != "le").SequenceEqual(count.Labels)),
                ];
                double[] bounds = [.. buckets.Select(bucket => Bound(bucket.Labels.Single(label => label.Name == "le").Value))];
                Assert.Equal(bounds.Order(), bounds);
                Assert.Equal(double.PositiveInfinity, bounds[^1]);
                Assert.Equal(buckets.Select(bucket => bucket.Value).Order(), buckets.Select(bucket => bucket.Value));
                Assert.Equal(count.Value, buckets[^1].Value);
            }
        }
    }

    private static double Bound(string text) =>
        text == "+Inf" ? double.PositiveInfinity : double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);

    internal sealed record Sample(string Name, List<(string Name, string Value)> Labels, double Value);
}
