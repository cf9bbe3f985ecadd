using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace Nexo.Server.Observability;

/// <summary>
/// The observable instruments of one meter in Prometheus' text format 0.0.4. It listens only while somebody scrapes, so
/// between scrapes metrics cost nothing. See docs/adr/0007 for why it is not the OpenTelemetry exporter.
/// </summary>
internal static class PrometheusText
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    public static string Scrape(Meter meter)
    {
        var text = new StringBuilder();
        Instrument? described = null;
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            // By identity: another server in this process has a meter of the same name.
            if (instrument.Meter == meter)
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
            Write(text, ref described, instrument, value.ToString(CultureInfo.InvariantCulture), tags));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) =>
            Write(text, ref described, instrument, value.ToString("R", CultureInfo.InvariantCulture), tags));
        listener.Start();
        listener.RecordObservableInstruments();
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
        string unit = instrument.Unit switch
        {
            "s" => "_seconds",
            "By" => "_bytes",
            _ => string.Empty,
        };
        string name = instrument.Name.Replace('.', '_') + unit + (isCounter ? "_total" : string.Empty);
        if (!ReferenceEquals(described, instrument))
        {
            // The measurements of one instrument come one after the other.
            described = instrument;
            text.Append($"# HELP {name} {instrument.Description}\n");
            text.Append($"# TYPE {name} {(isCounter ? "counter" : "gauge")}\n");
        }

        text.Append(name);
        WriteLabels(text, tags);
        text.Append($" {value}\n");
    }

    private static void WriteLabels(StringBuilder text, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        char before = '{';
        foreach ((string key, object? value) in tags)
        {
            string escaped = (value?.ToString() ?? string.Empty)
                .Replace("\\", "\\\\", StringComparison.Ordinal)
                .Replace("\"", "\\\"", StringComparison.Ordinal)
                .Replace("\n", "\\n", StringComparison.Ordinal);
            text.Append($"{before}{key}=\"{escaped}\"");
            before = ',';
        }

        if (!tags.IsEmpty)
        {
            text.Append('}');
        }
    }
}
