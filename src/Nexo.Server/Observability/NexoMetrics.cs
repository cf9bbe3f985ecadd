using System.Diagnostics.Metrics;
using Nexo.Engine.Queues;
using Nexo.Engine.Schedules;
using Nexo.Engine.Sessions;
using Nexo.Engine.Store;
using Nexo.Engine.Streams;
using Nexo.Engine.Topics;
using Nexo.Server.Brokers;
using Nexo.Server.Connections;
using Nexo.Server.Hosting;
using Nexo.Server.Mqtt;
using Nexo.Server.Native;
using Nexo.Server.Pressure;
using Nexo.Server.Security;
using Nexo.Server.Tls;
using Nexo.Storage;

namespace Nexo.Server.Observability;

/// <summary>
/// The instruments. All of them observe counters that the rooms keep anyway, when somebody asks: a request pays nothing
/// for being measured. The other parts of the class are what the brokers do (<c>NexoMetrics.Brokers.cs</c>), queues and streams by
/// name (<c>NexoMetrics.Objects.cs</c>), and histograms (<c>NexoMetrics.Histograms.cs</c>).
/// </summary>
internal sealed partial class NexoMetrics : IDisposable
{
    private readonly Meter _meter;
    private readonly BrokerSet _brokers;
    private readonly Readings _readings;
    private readonly Reading<ConnectionCounters> _connections;
    private readonly Reading<StoreStats[]> _stores;
    private readonly Reading<QueueSurvey[]> _queues;
    private readonly Reading<TopicStats[]> _topics;
    private readonly Reading<StreamSurvey[]> _streams;
    private readonly Reading<SessionStats[]> _sessions;
    private readonly Reading<ScheduleStats[]> _schedules;
    private readonly Reading<WalStats[]> _logs;
    private readonly LiveObservability _live;

    public NexoMetrics(
        BrokerSet brokers,
        ClientConnections clients,
        MqttCounters mqtt,
        Authenticator authenticator,
        ReloadService reload,
        LiveObservability live,
        PressureWatch pressure,
        TlsGate? tls = null)
    {
        _meter = new Meter(MetricNames.Meter, ServerFacts.Version);
        _brokers = brokers;
        _live = live;
        _readings = new Readings(clients.Time);
        _connections = _readings.Of(clients.Totals.Read);
        _stores = Of(broker => broker.Store.Stats);
        _queues = Of(broker => broker.Queues.Survey(NamedMax));
        _topics = Of(broker => broker.Topics.Stats);
        _streams = Of(broker => broker.Streams.Survey(NamedMax));
        _sessions = Of(broker => broker.Sessions.Stats);
        _schedules = Of(broker => broker.Schedules.Stats);
        _logs = Of(broker => broker.Persistence.Log?.Stats ?? default);
        Process(clients);
        PressureMetrics.Add(_meter, pressure);
        Connections(clients);
        Logins(authenticator.Totals);
        Count(MetricNames.UserLimitsRefused, () => clients.Shares.Refused, null, "Connections that were one too many for their users");
        Count(
            MetricNames.UserLimitsHeld, () => clients.Shares.Held, null,
            "Times that a user was not read from, for its rate or what it had unread");
        Reloads(reload);
        if (tls is not null)
        {
            Tls(tls);
        }

        Store();
        Queues();
        Topics(clients.TopicBuffers);
        Streams();
        Mqtt(mqtt);
        Sessions();
        Schedules();
        Objects();
        if (brokers.All.Any(broker => broker.Persistence.IsOn))
        {
            Log();
            Snapshots();
        }

        Histograms(clients);
    }

    // Of each broker.
    private int NamedMax => _live.ObjectsMax == 0 ? 0 : Math.Max(1, _live.ObjectsMax / _brokers.All.Count);

    /// <summary>All figures of now, as Prometheus reads them.</summary>
    public string Scrape()
    {
        _readings.Begin();
        return PrometheusText.Scrape(_meter, _histograms);
    }

    public void Dispose() => _meter.Dispose();

    private Reading<T[]> Of<T>(Func<Broker, T> read) => _readings.Of(() => _brokers.All.Select(read).ToArray());

    private void Process(ClientConnections clients)
    {
        KeyValuePair<string, object?> version = new("version", ServerFacts.ShortVersion);
        _meter.CreateObservableGauge(
            MetricNames.BuildInfo, () => new Measurement<long>(1, version), null, "The build that runs; always 1");
        _meter.CreateObservableGauge(
            MetricNames.Uptime, () => clients.Uptime.TotalSeconds, "s", "Time since the start");
        Level(MetricNames.ResidentMemory, () => Environment.WorkingSet, "By", "Resident memory of the process");
        Level(MetricNames.ManagedMemory, () => GC.GetTotalMemory(false), "By", "Memory that the garbage collector manages");
        _meter.CreateObservableCounter(
            MetricNames.CpuTime, () => Environment.CpuUsage.TotalTime.TotalSeconds, "s", "Processor time used");
    }

    private void Connections(ClientConnections clients)
    {
        ConnectionTotals totals = clients.Totals;
        _meter.CreateObservableGauge(
            MetricNames.ConnectionsOpen,
            () => Enum.GetValues<ClientProtocol>().Select(protocol => new Measurement<long>(
                totals.Open(protocol), new KeyValuePair<string, object?>("protocol", protocol.ToString().ToLowerInvariant()))),
            null,
            "Connections that are open, by protocol");
        Count(MetricNames.ConnectionsAccepted, () => totals.Accepted, null, "Connections accepted");
        Count(MetricNames.ConnectionsRefused, () => totals.Refused, null, "Connections refused, being one too many");
        Count(MetricNames.ConnectionsCut, () => totals.Cut, null, "Connections that the server ended");
        Count(MetricNames.Requests, () => _connections.Value.Requests, null, "Requests handled");
        Count(MetricNames.RequestErrors, () => _connections.Value.Errors, null, "Requests answered with an error");
        Count(MetricNames.SlowOperations, () => clients.Slow.Total, null, "Operations that took slow.threshold or longer");
        Count(MetricNames.NetworkReceived, () => _connections.Value.BytesReceived, "By", "Bytes received from clients");
        Count(MetricNames.NetworkSent, () => _connections.Value.BytesSent, "By", "Bytes sent to clients");
    }

    private void Logins(LoginTotals logins)
    {
        Count(MetricNames.LoginsAccepted, () => logins.Accepted, null, "Credentials accepted");
        Count(MetricNames.LoginsFailed, () => logins.Failed, null, "Credentials that were wrong");
        Count(MetricNames.LoginsThrottled, () => logins.Throttled, null, "Logins told to try again later");
    }

    private void Reloads(ReloadService reload) => _meter.CreateObservableCounter(
        MetricNames.Reloads,
        () => new Measurement<long>[]
        {
            new(reload.Applied, new KeyValuePair<string, object?>("outcome", "applied")),
            new(reload.Refused, new KeyValuePair<string, object?>("outcome", "refused")),
        },
        null,
        "Files that were read anew, and whether they are in force");

    private void Tls(TlsGate tls)
    {
        Level(MetricNames.TlsPending, () => tls.Handshakes.Pending, null, "Connections that are not served yet");
        Count(MetricNames.TlsHandshakes, () => tls.Handshakes.Succeeded, null, "TLS handshakes that have ended well");
        Count(MetricNames.TlsFailed, () => tls.Handshakes.Failed, null, "Those that have not");
        Count(MetricNames.TlsTimedOut, () => tls.Handshakes.TimedOut, null, "Connections ended since they were slow to shake hands");
        Level(MetricNames.TlsExpiry, () => tls.Identity.NotAfter.ToUnixTimeSeconds(), "s", "When the certificate ends, in Unix time");
    }

    private void Level(string name, Func<long> read, string? unit, string description) =>
        _meter.CreateObservableGauge(name, read, unit, description);

    private void Level<T>(string name, Reading<T[]> all, Func<T, long> read, string? unit, string description) =>
        Level(name, () => all.Value.Sum(read), unit, description);

    private void Count(string name, Func<long> read, string? unit, string description) =>
        _meter.CreateObservableCounter(name, read, unit, description);

    private void Count<T>(string name, Reading<T[]> all, Func<T, long> read, string? unit, string description) =>
        Count(name, () => all.Value.Sum(read), unit, description);
}
