// Starts the page: the session of last time, then the application.

import './design/tokens.css';
import './design/base.css';
import { createRoot } from 'react-dom/client';
import { App } from './app/App';
import { keepOffline } from './app/offline';
import { setUpOctet } from './engine/setup';
import { startSession } from './state/session';

setUpOctet();
const root = document.getElementById('root');
if (root) createRoot(root).render(<App />);
void startSession();
keepOffline();
