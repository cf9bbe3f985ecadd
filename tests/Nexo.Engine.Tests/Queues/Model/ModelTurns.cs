using Xunit;

namespace Nexo.Engine.Tests.Queues.Model;

/// <summary>
/// Round-robin, as what must never be seen: that of two members that wait in the ring of a priority one is served twice
/// while the other waits.
/// </summary>
internal sealed class ModelTurns
{
    /// <summary>For each that waits, who was served since.</summary>
    private readonly Dictionary<(int Priority, string Group), HashSet<string>> _waiting = [];

    /// <summary>Who left the ring has lost his place in it. After every change.</summary>
    public void Sync(IReadOnlyCollection<ModelMember> members)
    {
        HashSet<(int Priority, string Group)> now =
            [.. members.Where(member => member.Must).Select(member => (member.Priority, member.Group))];
        foreach ((int Priority, string Group) gone in _waiting.Keys.Where(key => !now.Contains(key)).ToList())
        {
            _waiting.Remove(gone);
        }

        foreach ((int Priority, string Group) member in now)
        {
            _waiting.TryAdd(member, []);
        }
    }

    /// <summary>Who comes back in the midst of other changes may have been away for a moment.</summary>
    public void Forget(string group)
    {
        foreach ((int Priority, string Group) gone in _waiting.Keys.Where(key => key.Group == group).ToList())
        {
            _waiting.Remove(gone);
        }

        foreach (HashSet<string> served in _waiting.Values)
        {
            served.Remove(group);
        }
    }

    public void Serve(ModelMember served, string what)
    {
        foreach (((int priority, string group), HashSet<string> since) in _waiting)
        {
            if (priority == served.Priority && group != served.Group)
            {
                Assert.True(
                    since.Add(served.Group),
                    $"\"{served.Group}\" was served twice at priority {priority} while \"{group}\" waits\n{what}");
            }
        }

        _waiting.Remove((served.Priority, served.Group));
    }
}
