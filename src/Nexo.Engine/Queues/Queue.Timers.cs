namespace Nexo.Engine.Queues;

/// <content>What happens when a moment has come. The caller logs it.</content>
internal sealed unsafe partial class Queue
{
    /// <summary>Dedup ids that a push forgets when it looks for one, so that they are forgotten as fast as they come.</summary>
    private const int DedupSteps = 2;

    /// <summary>The timer of a message, or of a group's line, has run out and is out of the wheel.</summary>
    public void OnDue(uint reference, MessageSlot* message, long now, QueueWork work)
    {
        if (Closed)
        {
            return;
        }

        switch (message->State)
        {
            case MessageState.None:
                OnWindowOver(reference);
                break;
            case MessageState.Leased:
                _counters.LeasesExpired++;
                Fail(reference, message, new Settlement { Action = QueueNack.Backoff }, now);
                break;
            case not MessageState.Dead and not MessageState.Dying when IsOver(message, now):
                Expire(reference, message, now);
                break;
            case MessageState.Delayed:
            case MessageState.Held:
                Leave(reference, message);
                message->SinceMs = unchecked((uint)now);
                Enter(reference, message, MessageState.Ready);
                break;
            default:
                break;
        }

        NoteWork(work);
    }

    private static bool IsOver(MessageSlot* message, long now) =>
        message->ExpiresAtMs != 0 && message->ExpiresAtMs <= now;
}
