using System.Globalization;
using Nexo.Cli.Terminal;
using Nexo.Protocol;

namespace Nexo.Cli.Queues;

/// <summary>Words for what queues know by numbers. They are what the options take.</summary>
internal static class QueueText
{
    public static readonly (string Word, BackoffKind Value)[] Backoffs =
    [
        ("none", BackoffKind.None), ("fixed", BackoffKind.Fixed), ("exponential", BackoffKind.Exponential),
    ];

    public static readonly (string Word, FullQueueAction Value)[] WhenFull =
    [
        ("reject", FullQueueAction.Reject), ("dead-letter", FullQueueAction.DeadLetter),
    ];

    public static readonly (string Word, Durability Value)[] Durabilities =
    [
        ("memory", Durability.Memory), ("interval", Durability.Interval), ("fsync", Durability.Fsync),
    ];

    public static readonly (string Word, DeadCause Value)[] Causes =
    [
        ("max-deliveries", DeadCause.MaxDeliveries),
        ("expired", DeadCause.Expired),
        ("rejected", DeadCause.Rejected),
        ("queue-full", DeadCause.QueueFull),
        ("consumer-lost", DeadCause.ConsumerLost),
    ];

    public static readonly (string Word, CatchUpKind Value)[] CatchUps =
    [
        ("skip", CatchUpKind.None), ("once", CatchUpKind.Once),
    ];

    /// <summary>The word for a value; its number if a newer server has a new one.</summary>
    public static string WordOf<T>((string Word, T Value)[] words, T value)
        where T : struct, Enum
    {
        foreach ((string word, T known) in words)
        {
            if (EqualityComparer<T>.Default.Equals(known, value))
            {
                return word;
            }
        }

        return Convert.ToInt64(value, CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>What is paused, for programs and people alike.</summary>
    public static string Paused(QueueFlow paused) => paused switch
    {
        QueueFlow.None => "no",
        QueueFlow.Pushes => "pushes",
        QueueFlow.Deliveries => "deliveries",
        _ => "all",
    };

    public static string Moment(DateTimeOffset moment) =>
        moment.ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>How long ago; what is to come is now.</summary>
    public static string Age(DateTimeOffset moment, DateTimeOffset now) => Age(now > moment ? now - moment : TimeSpan.Zero);

    /// <summary>An age in whole seconds, from one second on.</summary>
    public static string Age(TimeSpan age) => DurationText.Format(
        age >= TimeSpan.FromSeconds(1) ? TimeSpan.FromSeconds(Math.Floor(age.TotalSeconds)) : age);
}
