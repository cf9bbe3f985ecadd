namespace Nexo.Client;

/// <summary>How a worker takes its jobs.</summary>
public sealed record NexoWorkerOptions
{
    /// <summary>Jobs that run at once; one for each processor unless it is set.</summary>
    public int Concurrency { get; set; } = Environment.ProcessorCount;

    /// <summary>Messages that the worker has at once, those that run and those that wait for their turn: at least
    /// <see cref="Concurrency"/>. Twice as many unless it is set.</summary>
    public int? Prefetch { get; set; }

    /// <summary>How long a job's lease is, which the worker extends by itself for as long as the job runs. A worker that dies or
    /// hangs loses its jobs after so long. The queue's unless it is set.</summary>
    public TimeSpan? Lease { get; set; }

    /// <summary>A job that takes longer has failed: its token is cancelled, and it is nacked. No limit unless it is set.</summary>
    public TimeSpan? JobTimeout { get; set; }

    /// <summary>How long running jobs may go on when the host stops, before they are cancelled and given back. Keep it below
    /// the host's own limit (<c>HostOptions.ShutdownTimeout</c>, 30 s).</summary>
    public TimeSpan Grace { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>Declares the queue with these options before it is consumed; it is not declared unless it is set.</summary>
    public QueueOptions? Declare { get; set; }

    internal void Require()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Concurrency, 1, nameof(Concurrency));
        ArgumentOutOfRangeException.ThrowIfLessThan(Prefetch ?? Concurrency, Concurrency, nameof(Prefetch));
        ArgumentOutOfRangeException.ThrowIfLessThan(Grace, TimeSpan.Zero, nameof(Grace));
        NexoClientOptionsCheck.RequireTimeout(JobTimeout ?? Timeout.InfiniteTimeSpan, nameof(JobTimeout));
    }
}
