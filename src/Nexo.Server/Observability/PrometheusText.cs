using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace Nexo.Server.Observability;

/// <summary>
/// The observable instruments of one meter, and histograms, in Prometheus' text format 0.0.4. It listens only while somebody scrapes,
/// so between scrapes metrics cost nothing. See docs/adr/0007 for why it is not the OpenTelemetry exporter.
/// </summary>
internal static class PrometheusText
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    public static string Scrape(Meter meter, IEnumerable<HistogramMetric> histograms)
    {
        var text = new StringBuilder();
        Instrument? described = null;
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            // By identity: another server in this process has a meter of the same name.
            if (instrument.Meter == meter && instrument.IsObservable)
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
            Write(text, ref described, instrument, value.ToString(CultureInfo.InvariantCulture), tags));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) =>
            Write(text, ref described, instrument, Number(value), tags));
        listener.Start();
        listener.RecordObservableInstruments();
        foreach (HistogramMetric histogram in histograms)
        {
            Write(text, histogram);
        }

        return text.ToString();
    }

    private static void Write(
        StringBuilder text,
        ref Instrument? described,
        Instrument instrument,
        string value,
        ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        bool isCounter = instrument is ObservableCounter<long> or ObservableCounter<double>;
        string name = NameOf(instrument.Name, instrument.Unit) + (isCounter ? "_total" : string.Empty);
        if (!ReferenceEquals(described, instrument))
        {
            // The measurements of one instrument come one after the other.
            described = instrument;
            WriteHead(text, name, instrument.Description, isCounter ? "counter" : "gauge");
        }

        text.Append(name);
        char before = '{';
        foreach ((string key, object? tag) in tags)
        {
            WriteLabel(text, ref before, key, tag);
        }

        EndLabels(text, before).Append(' ').Append(value).Append('\n');
    }

    private static void Write(StringBuilder text, HistogramMetric histogram)
    {
        string name = NameOf(histogram.Name, histogram.Unit);
        WriteHead(text, name, histogram.Description, "histogram");
        foreach (TaggedHistogram tagged in histogram.Read())
        {
            long count = 0;
            int index = 0;
            for (int bound = histogram.First; bound <= histogram.Last; bound++)
            {
                while (index <= bound)
                {
                    count += tagged.Sum.CountAt(index++);
                }

                WriteBucket(text, name, tagged, Number(histogram.BoundOf(bound)), count);
            }

            // The same sum as that of the buckets, whatever was counted meanwhile.
            count = tagged.Sum.Count;
            WriteBucket(text, name, tagged, "+Inf", count);
            WriteLine(text, $"{name}_sum", tagged, Number(tagged.Sum.Sum * histogram.Scale));
            WriteLine(text, $"{name}_count", tagged, count.ToString(CultureInfo.InvariantCulture));
        }
    }

    private static void WriteBucket(StringBuilder text, string name, in TaggedHistogram tagged, string bound, long count)
    {
        text.Append(name).Append("_bucket");
        char before = '{';
        WriteTag(text, ref before, tagged);
        WriteLabel(text, ref before, "le", bound);
        EndLabels(text, before).Append(' ').Append(count).Append('\n');
    }

    private static void WriteLine(StringBuilder text, string name, in TaggedHistogram tagged, string value)
    {
        text.Append(name);
        char before = '{';
        WriteTag(text, ref before, tagged);
        EndLabels(text, before).Append(' ').Append(value).Append('\n');
    }

    private static void WriteHead(StringBuilder text, string name, string? description, string type) =>
        text.Append($"# HELP {name} {description}\n# TYPE {name} {type}\n");

    private static void WriteTag(StringBuilder text, ref char before, in TaggedHistogram tagged)
    {
        if (tagged.Tag.Key is { } key)
        {
            WriteLabel(text, ref before, key, tagged.Tag.Value);
        }
    }

    private static void WriteLabel(StringBuilder text, ref char before, string key, object? value)
    {
        text.Append(before).Append(key.Replace('.', '_')).Append("=\"");
        string written = value is bool flag ? (flag ? "true" : "false") : value?.ToString() ?? string.Empty;
        foreach (char letter in written)
        {
            _ = letter switch
            {
                '\\' => text.Append(@"\\"),
                '"' => text.Append("\\\""),
                '\n' => text.Append(@"\n"),
                _ => text.Append(letter),
            };
        }

        text.Append('"');
        before = ',';
    }

    private static StringBuilder EndLabels(StringBuilder text, char before) => before == ',' ? text.Append('}') : text;

    private static string NameOf(string name, string? unit) => name.Replace('.', '_') + unit switch
    {
        "s" => "_seconds",
        "By" => "_bytes",
        _ => string.Empty,
    };

    private static string Number(double value) =>
        value.ToString("R", CultureInfo.InvariantCulture).Replace('E', 'e');
}
