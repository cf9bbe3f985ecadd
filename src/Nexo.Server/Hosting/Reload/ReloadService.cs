using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Nexo.Server.Hosting;

/// <summary>
/// Reloads what has changed: looks at the files once a second, which works over any mount, and listens to SIGHUP through
/// <see cref="SignalLifetime"/>. A file that changes is left alone until it has been the same for two looks, since certificate and key
/// are often written one after the other.
/// </summary>
internal sealed partial class ReloadService : IHostedService, IDisposable
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly ILogger<ReloadService> _log;
    private readonly TimeProvider _time;
    private readonly Watched[] _all;
    private readonly ConcurrentDictionary<string, string> _problems = new();
    private ITimer? _timer;
    private long _applied;
    private long _refused;

    public ReloadService(IEnumerable<IReloadable> all, TimeProvider time, ILogger<ReloadService> log)
    {
        _all = [.. all.Select(one => new Watched(one))];
        _time = time;
        _log = log;
    }

    /// <summary>Reloads that were put into force.</summary>
    public long Applied => Interlocked.Read(ref _applied);

    /// <summary>Those that were not, since what was read will not do.</summary>
    public long Refused => Interlocked.Read(ref _refused);

    /// <summary>What is wrong with files that have changed and are not in force; empty: nothing.</summary>
    public string Problem => string.Join("; ", _problems.Select(one => $"{one.Key}: {one.Value}"));

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _timer = _time.CreateTimer(static state => ((ReloadService)state!).Look(), this, LookInterval, LookInterval);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        _timer?.Dispose();
        return Task.CompletedTask;
    }

    /// <summary>Reloads everything now, changed or not.</summary>
    public void ReloadAll()
    {
        lock (_gate)
        {
            foreach (Watched one in _all)
            {
                one.Note();
                Reload(one.Subject, isAsked: true);
            }
        }
    }

    public void Dispose() => _timer?.Dispose();

    /// <summary>The look at the files.</summary>
    internal void Look()
    {
        lock (_gate)
        {
            foreach (Watched one in _all)
            {
                if (one.HasSettled())
                {
                    Reload(one.Subject, isAsked: false);
                }
            }
        }
    }

    private void Reload(IReloadable subject, bool isAsked)
    {
        ReloadOutcome outcome;
        try
        {
            outcome = subject.Reload();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or InvalidOperationException)
        {
            // A file that goes away while it is read, most of all.
            outcome = ReloadOutcome.Refused(failure.Message);
        }

        if (outcome.Verdict == ReloadVerdict.Refused)
        {
            _problems[subject.Name] = outcome.Text;
        }
        else
        {
            _problems.TryRemove(subject.Name, out _);
        }

        switch (outcome.Verdict)
        {
            case ReloadVerdict.Applied:
                Interlocked.Increment(ref _applied);
                LogApplied(subject.Name, outcome.Text);
                break;
            case ReloadVerdict.AppliedInPart:
                Interlocked.Increment(ref _applied);
                LogAppliedInPart(subject.Name, outcome.Text);
                break;
            case ReloadVerdict.Refused:
                Interlocked.Increment(ref _refused);
                LogRefused(subject.Name, outcome.Text);
                break;
            case ReloadVerdict.Unchanged when isAsked:
                LogUnchanged(subject.Name);
                break;
            default:
                break;
        }
    }

    [LoggerMessage(1, LogLevel.Information, "reloaded: {Name}: {Text}")]
    private partial void LogApplied(string name, string text);

    [LoggerMessage(4, LogLevel.Warning, "reloaded in part: {Name}: {Text}")]
    private partial void LogAppliedInPart(string name, string text);

    [LoggerMessage(2, LogLevel.Error, "NOT reloaded, what was in force stays: {Name}: {Problem}")]
    private partial void LogRefused(string name, string problem);

    [LoggerMessage(3, LogLevel.Information, "read again, and nothing has changed: {Name}")]
    private partial void LogUnchanged(string name);

    private sealed class Watched
    {
        private FileStamp[] _known;
        private FileStamp[] _last;

        public Watched(IReloadable subject)
        {
            Subject = subject;
            _known = Stamps();
            _last = _known;
        }

        public IReloadable Subject { get; }

        public void Note() => _known = _last = Stamps();

        /// <summary>True, once, when its files have changed since they were read, and not since the last look.</summary>
        public bool HasSettled()
        {
            FileStamp[] now = Stamps();
            bool isSettled = !now.SequenceEqual(_known) && now.SequenceEqual(_last);
            _last = now;
            _known = isSettled ? now : _known;
            return isSettled;
        }

        private FileStamp[] Stamps() => [.. Subject.Files.Select(FileStamp.Of)];
    }
}
