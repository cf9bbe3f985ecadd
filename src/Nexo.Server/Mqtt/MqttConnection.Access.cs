using Nexo.Server.Security;

namespace Nexo.Server.Mqtt;

// What becomes of filters that the client may not have any more.
internal sealed partial class MqttConnection
{
    protected override void Withdraw(Access access)
    {
        if (ReferenceEquals(access, Access.Everything))
        {
            return;
        }

        int gone = 0;
        lock (_life)
        {
            if (_isDetached)
            {
                return;
            }

            foreach (byte[] filter in _filters.Keys.Where(filter => !access.Covers(AccessOperation.Read, filter)).ToArray())
            {
                Unsubscribe(filter);
                gone++;
            }

            gone += _stored?.Session.Withdraw(access) ?? 0;
        }

        if (gone > 0)
        {
            TellWithdrawn($"{gone} filters");
        }
    }
}
